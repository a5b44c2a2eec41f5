// Where everything stands: cells by layer (upwards) and time step (to the right), the parameters
// along an axis below them, and below that axis the gradients, each the mirror image of its node.

const NODE = {w: 108, h: 36, across: 10, up: 15};
const FOLDED = {w: 104, h: 52};
const BETWEEN = {columns: 30, rows: 34, margin: 122};

// What is folded: cells are boxes unless they are open, layers are cells unless they are bars.
const folding = {open: new Set(), bars: new Set(), weights: new Set()};

const cells = makeCells();

function makeCells() {
  const result = new Map();
  for (const node of tape.forward) {
    if (node.fixed) continue;
    const isLoss = node.i === tape.loss;
    const column = isLoss ? tape.columns.last + 1 : tape.columns.of.get(node.i);
    const key = `${node.layer}|${column}`;
    if (!result.has(key)) result.set(key, {key, layer: node.layer, column, nodes: [], isLoss});
    result.get(key).nodes.push(node);
  }
  return result;
}

function isOpen(cell) {
  return cell.nodes.length === 1 || folding.open.has(cell.key);
}

// The nodes of an open cell on lines, each above those that it reads; a long line becomes several.
function arrange(cell) {
  const rank = new Map();
  const lines = [];
  const at = new Map();
  const ranks = [];
  for (const node of cell.nodes) {
    const below = node.inputs.filter((i) => rank.has(i)).map((i) => rank.get(i));
    rank.set(node.i, below.length ? Math.max(...below) + 1 : 0);
    const r = rank.get(node.i);
    (ranks[r] = ranks[r] || []).push(node);
  }
  for (const group of ranks) {
    const place = (node) => {
      const xs = node.inputs.filter((i) => at.has(i)).map((i) => at.get(i));
      return xs.length ? xs.reduce((a, b) => a + b, 0) / xs.length : Infinity;
    };
    if (lines.length) group.sort((a, b) => place(a) - place(b) || a.i - b.i);
    const parts = group.length > 5 ? Math.ceil(group.length / 4) : 1;
    for (let part = 0; part < parts; ++part) {
      const line = group.filter((_, k) => k % parts === part);
      line.forEach((node, k) => at.set(node.i, k - (line.length - 1) / 2));
      lines.push(line);
    }
  }
  const most = Math.max(...lines.map((line) => line.length));
  return {
    lines,
    w: most * (NODE.w + NODE.across) + NODE.across,
    h: lines.length * (NODE.h + NODE.up) + NODE.up + (cell.nodes.length > 1 ? 14 : 0),
  };
}

function sizeOf(cell) {
  if (!isOpen(cell)) return FOLDED;
  if (cell.nodes.length === 1) return {w: NODE.w, h: NODE.h, lines: [cell.nodes]};
  return arrange(cell);
}

// All boxes with their places: the boxes of nodes, cells and layers, and the frames of open cells.
function makeLayout() {
  const layout = {units: [], frames: [], rows: [], unitOf: new Map(), mirrorOf: new Map()};
  const shown = [...cells.values()];
  const columns = [...new Set(shown.map((cell) => cell.column))].sort((a, b) => a - b);
  const layers = [...new Set(shown.map((cell) => cell.layer))].sort((a, b) => a - b);
  const sizes = new Map(shown.map((cell) => [cell.key, sizeOf(cell)]));
  const isBar = (cell) => folding.bars.has(cell.layer) && !cell.isLoss;

  const x = new Map();
  let right = BETWEEN.margin;
  for (const column of columns) {
    const widths = shown.filter((cell) => cell.column === column && !isBar(cell)).map((cell) => sizes.get(cell.key).w);
    // A column of bars alone says nothing: it is as narrow as can be.
    const w = Math.max(widths.length ? 48 : 10, ...widths);
    x.set(column, {x: right, w});
    right += w + (widths.length ? BETWEEN.columns : 2);
  }
  layout.width = right;

  const weights = placeWeights(layout, right - BETWEEN.columns);
  let top = -weights - BETWEEN.rows;
  // A lowest row without gradients leaves no gap in the mirror image.
  const lowest = shown.filter((cell) => cell.layer === layers[0]);
  const isBare = !lowest.some((cell) => cell.nodes.some((node) => tape.total.has(node.i)));
  for (const layer of layers) {
    const row = shown.filter((cell) => cell.layer === layer);
    const h = Math.max(folding.bars.has(layer) ? FOLDED.h : NODE.h, ...row.filter((cell) => !isBar(cell)).map((cell) => sizes.get(cell.key).h));
    if (layer === layers[0]) layout.shift = isBare ? h + BETWEEN.rows : 0;
    layout.rows.push({layer, y: top - h, h, isBar: folding.bars.has(layer), hasMirror: layer !== layers[0] || !isBare});
    const barred = row.filter(isBar);
    if (barred.length) {
      const from = x.get(barred[0].column).x;
      const ends = barred.map((cell) => x.get(cell.column)).map((c) => c.x + c.w);
      addUnit(layout, {
        kind: 'bar', id: `bar${layer}`, layer, nodes: barred.flatMap((cell) => cell.nodes),
        x: from, y: top - h + (h - FOLDED.h) / 2, w: Math.max(...ends) - from, h: FOLDED.h,
      });
    }
    for (const cell of row) {
      if (isBar(cell)) continue;
      const {x: left, w} = x.get(cell.column);
      const size = sizes.get(cell.key);
      cell.order = columns.indexOf(cell.column);
      placeCell(layout, cell, size, left + (w - size.w) / 2, top - h + (h - size.h) / 2, top - h);
    }
    top -= h + BETWEEN.rows;
  }
  layout.top = top + BETWEEN.rows - 26;
  layout.axis = weights;
  return layout;
}

function placeCell(layout, cell, size, x, y, rowTop) {
  const common = {layer: cell.layer, column: cell.column, order: cell.order, cell, rowTop};
  if (!isOpen(cell)) {
    addUnit(layout, {...common, kind: 'cell', id: `cell${cell.key}`, nodes: cell.nodes, x, y, w: size.w, h: size.h});
    return;
  }
  const isFramed = cell.nodes.length > 1;
  if (isFramed) layout.frames.push({cell, x, y, w: size.w, h: size.h});
  size.lines.forEach((line, k) => {
    const width = line.length * (NODE.w + NODE.across) - NODE.across;
    line.forEach((node, j) => addUnit(layout, {
      ...common, kind: 'node', id: `node${node.i}`, nodes: [node],
      x: x + (size.w - width) / 2 + j * (NODE.w + NODE.across),
      y: isFramed ? y + size.h - NODE.up - (k + 1) * NODE.h - k * NODE.up : y,
      w: NODE.w, h: NODE.h,
    }));
  });
}

// Where a height above the axis is seen below it.
function mirrored(layout, y) {
  return -y - layout.shift;
}

// A box above the axis, and where its nodes have gradients its mirror image below.
function addUnit(layout, unit) {
  layout.units.push(unit);
  for (const node of unit.nodes) layout.unitOf.set(node.i, unit);
  if (!unit.nodes.some((node) => tape.total.has(node.i))) return;
  const image = {...unit, id: `mirror-${unit.id}`, isMirror: true, y: mirrored(layout, unit.y + unit.h), of: unit};
  layout.units.push(image);
  for (const node of unit.nodes) layout.mirrorOf.set(node.i, image);
}

// The parameters, and what is computed of them alone, side by side along the axis; those of a layer
// with many are one box. Returns half the height that they take.
function placeWeights(layout, width) {
  const chips = [];
  for (const layer of new Set(tape.forward.filter((node) => node.fixed).map((node) => node.layer))) {
    // What is computed of parameters alone is computed once, however often it was recorded.
    const nodes = tape.forward.filter((node) => node.fixed && node.layer === layer && node.twin === undefined);
    if (nodes.length > 4 && !folding.weights.has(layer)) {
      chips.push({kind: 'weights', id: `weights${layer}`, layer, nodes, w: 150});
    } else {
      for (const node of nodes) {
        const w = Math.max(104, 7 * label(node).length + 16);
        chips.push({kind: 'weight', id: `node${node.i}`, layer, nodes: [node], w});
      }
    }
  }
  const h = 50;
  const lines = [[]];
  let x = BETWEEN.margin;
  for (const chip of chips) {
    if (x + chip.w > Math.max(width, 700) && lines[lines.length - 1].length) {
      lines.push([]);
      x = BETWEEN.margin;
    }
    lines[lines.length - 1].push({...chip, x, h});
    x += chip.w + NODE.across;
    layout.width = Math.max(layout.width, x);
  }
  const height = chips.length ? lines.length * (h + 10) - 10 : 0;
  lines.forEach((line, k) => {
    for (const chip of line) {
      const unit = {...chip, y: -height / 2 + k * (h + 10), isWeight: true};
      layout.units.push(unit);
      for (const node of unit.nodes) {
        layout.unitOf.set(node.i, unit);
        if (tape.total.has(node.i)) layout.mirrorOf.set(node.i, unit);
      }
    }
  });
  for (const node of tape.forward) {
    if (node.twin !== undefined) layout.unitOf.set(node.i, layout.unitOf.get(node.twin));
  }
  return height / 2;
}

// The lines between boxes. Those of gradients lead back, and know how large a gradient they carry.
function makeEdges(layout) {
  const edges = new Map();
  const join = (from, to, extra) => {
    if (!from || !to || from === to) return null;
    const key = `${from.id}>${to.id}`;
    if (!edges.has(key)) edges.set(key, {from, to, count: 0, squares: 0, pairs: [], ...extra});
    const edge = edges.get(key);
    ++edge.count;
    return edge;
  };
  for (const node of tape.forward) {
    if (node.fixed) continue;
    for (const i of node.inputs) {
      const edge = join(layout.unitOf.get(i), layout.unitOf.get(node.i), {isWeight: tape.node(i).fixed === true});
      if (edge) edge.pairs.push([i, node.i]);
    }
  }
  for (const [input, terms] of tape.terms) {
    for (const term of terms) {
      if (tape.node(term.from).fixed) continue;
      const edge = join(layout.mirrorOf.get(term.from), layout.mirrorOf.get(input),
                        {isMirror: true, isWeight: tape.node(input).fixed === true});
      if (!edge) continue;
      edge.pairs.push([term.from, input]);
      edge.squares += normOf(term.gradient) ** 2;
    }
  }
  return [...edges.values()];
}

// A line as the points of cubic curves, from box `a` to box `b`, both above the axis.
function route(a, b) {
  const middle = (u, other) => (u.kind === 'bar' || u.kind === 'weights'
    ? Math.min(Math.max(other.x + other.w / 2, u.x + 14), u.x + u.w - 14) : u.x + u.w / 2);
  const ax = middle(a, b);
  const bx = middle(b, a);
  const far = a.kind !== 'bar' && b.kind !== 'bar' && a.layer === b.layer && Math.abs(a.order - b.order) > 1;
  if (far && !a.isWeight) {
    const lane = Math.min(a.rowTop, b.rowTop) - 14;
    const side = Math.sign(bx - ax) * 24;
    return [[ax, a.y], [ax, lane], [ax, lane], [ax + side, lane], [ax + side, lane], [bx - side, lane],
            [bx - side, lane], [bx, lane], [bx, lane], [bx, b.y]];
  }
  const isBeside = a.x + a.w <= b.x || b.x + b.w <= a.x;
  if (isBeside && !a.isWeight && Math.abs(ax - bx) > 1) {
    const onward = a.x + a.w <= b.x;
    const p = [onward ? a.x + a.w : a.x, a.y + a.h / 2];
    const q = [onward ? b.x : b.x + b.w, b.y + b.h / 2];
    const bend = Math.max(16, Math.abs(q[0] - p[0]) / 2) * (onward ? 1 : -1);
    return [p, [p[0] + bend, p[1]], [q[0] - bend, q[1]], q];
  }
  const isAbove = b.y + b.h <= a.y + 1;
  const p = [ax, isAbove ? a.y : a.y + a.h];
  const q = [bx, isAbove ? b.y + b.h : b.y];
  const bend = (q[1] - p[1]) / 2;
  return [p, [ax, p[1] + bend], [bx, q[1] - bend], q];
}

// The same for any two boxes: below the axis it is the mirror image, walked the other way.
function routeOf(layout, edge) {
  if (!edge.isMirror) return route(edge.from, edge.to);
  if (edge.isWeight) {
    const axis = {...edge.to, y: mirrored(layout, edge.to.y + edge.to.h)};
    return route(axis, edge.from.of).map(([x, y]) => [x, mirrored(layout, y)]).reverse();
  }
  return route(edge.to.of, edge.from.of).map(([x, y]) => [x, mirrored(layout, y)]).reverse();
}
