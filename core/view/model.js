'use strict';
// The tape, as core/view/tape_view.cpp wrote it: nodes, who reads them, and what was passed back.

const tape = readTape(JSON.parse(document.getElementById('data').textContent));

function readTape(data) {
  const nodes = new Map();
  for (const entry of data.nodes) {
    nodes.set(entry.i, {
      ...entry,
      op: data.ops[entry.op],
      inputs: entry.in || [],
      users: [],
      step: entry.t === undefined ? -1 : entry.t,
      layer: entry.layer === undefined ? -1 : entry.layer,
      isForward: entry.i <= data.loss,
      kernel: [],  // the steps of the plan that compute it
    });
  }
  for (const node of nodes.values()) {
    for (const input of new Set(node.inputs)) nodes.get(input).users.push(node.i);
  }
  const result = {
    ...data,
    node: (i) => nodes.get(i),
    all: [...nodes.values()],
    forward: [...nodes.values()].filter((node) => node.isForward),
    total: new Map(),  // by node: the node that is its gradient
    order: [],         // the nodes that have one, in the order in which the walk came to them
    terms: new Map(),  // by node: what its gradient is the sum of, [{from, gradient}]
    given: new Map(),  // by node: what its rule passed on, [{input, gradient}]
    recorded: new Map(),  // by node: the nodes that its visit recorded
    ownerOf: new Map(),   // by node of the gradient: the node whose visit recorded it
    totalOf: new Map(),   // by node of the gradient: the first node that it is the gradient of
  };
  for (const [from, input, gradient] of data.passed) {
    if (from === input) {
      result.total.set(input, gradient);
      if (!result.totalOf.has(gradient)) result.totalOf.set(gradient, input);
      result.order.push(input);
    } else {
      add(result.terms, input, {from, gradient});
      add(result.given, from, {input, gradient});
    }
  }
  for (const node of result.all) {
    if (node.isForward) continue;
    const owner = nodes.has(node.of) ? node.of : data.loss;
    result.ownerOf.set(node.i, owner);
    add(result.recorded, owner, node.i);
  }
  for (const [step, kernel] of (data.plan ? data.plan.steps : []).entries()) {
    for (const i of kernel.nodes) nodes.get(i).kernel.push(step);
  }
  result.columns = placeInTime(result);
  return result;
}

function add(lists, key, item) {
  if (!lists.has(key)) lists.set(key, []);
  lists.get(key).push(item);
}

// The column of each forward node: its time step; -1 before the first, `last` after the last one.
// What only looks at a value (one step of the inputs, a state under another shape) stands beside it.
function placeInTime(result) {
  const steps = result.forward.map((node) => node.step).filter((step) => step >= 0);
  const last = steps.length ? Math.max(...steps) + 1 : 0;
  const column = new Map();
  const isLook = (node) => ['view', 'slice'].includes(node.op.kind) && node.inputs.length === 1;
  for (const node of result.forward) {
    const inputs = node.inputs.map((i) => result.node(i)).filter((input) => !input.fixed);
    const before = inputs.map((input) => column.get(input.i));
    const isAfter = before.some((c) => c >= 0);
    if (node.step >= 0) {
      column.set(node.i, node.step);
    } else if (isLook(node) && isAfter && inputs[0].step >= 0) {
      column.set(node.i, before[0]);
    } else {
      column.set(node.i, isAfter ? last : -1);
    }
  }
  // What has no step of its own and is read in one column only stands there: one step of the inputs,
  // of the outputs of the layer below, what only the loss reads.
  for (const node of [...result.forward].reverse()) {
    if (node.step >= 0) continue;
    const readers = new Set(node.users.map((i) => column.get(i)).filter((c) => c !== undefined));
    if (readers.size !== 1) continue;
    const [only] = readers;
    const isBefore = column.get(node.i) === -1;
    if (isLook(node) && only >= 0 && only < last || isBefore && only === last) column.set(node.i, only);
  }
  return {of: column, last};
}

// What a node is called: by its equation, as a parameter, or as its operation.
function label(node) {
  if (!node.isForward && tape.totalOf.has(node.i)) return '∂ ' + label(tape.node(tape.totalOf.get(node.i)));
  if (node.parameter) return node.parameter;
  if (node.name) return node.name;
  return node.detail ? `${node.op.name} ${node.detail}` : node.op.name;
}

// The forward node beside whose mirror image a node of the gradient is shown.
function drawnAt(i) {
  if (tape.node(i).isForward) return i;
  return tape.totalOf.has(i) ? tape.totalOf.get(i) : tape.ownerOf.get(i);
}

function layerName(layer) {
  if (layer < 0) return 'inputs';
  return tape.layers[layer] || 'cell';
}

function columnName(column) {
  if (tape.columns.last === 0) return '';
  if (column < 0) return 'before';
  return column >= tape.columns.last ? 'after' : `t = ${column}`;
}

function shapeText(node) {
  return node.shape.length ? node.shape.join(' × ') : 'one number';
}

// A number in few digits; JSON writes what is not finite as a text.
function short(x) {
  if (typeof x !== 'number') return String(x);
  if (Number.isInteger(x) && Math.abs(x) < 1e6) return String(x);
  const size = Math.abs(x);
  if (size < 1e-4 || size >= 1e6) return x.toExponential(3).replace(/\.?0+e/, 'e');
  return String(Number(x.toPrecision(4)));
}

// A value in the few characters that fit into a box.
function inBox(value) {
  if (!value) return 'gone';
  if (value.x.length <= 2 && value.x.length > 0) return value.x.map(short).join(', ');
  return `‖ ${short(value.norm)} ‖`;
}

function normOf(i) {
  const value = tape.node(i).value;
  return value ? Number(value.norm) : NaN;
}
