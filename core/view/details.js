// What is known of the selected node, parameter, cell or kernel.

const panel = document.getElementById('details');
let selected = null;  // {node}, {gradientOf}, {unit} or {kernel}

function heading(text) {
  return element('h3', {}, text);
}

function chips(...texts) {
  return element('div', {class: 'chips'}, texts.filter(Boolean).map((text) => element('span', {}, text)));
}

function listOf(items) {
  return element('ul', {}, items.map((item) => element('li', {}, item)));
}

function select(what) {
  selected = what;
  showSelection();
  if (what.kernel !== undefined) showKernel(what.kernel);
  else if (what.unit) showBox(what.unit);
  else if (what.gradientOf !== undefined) showGradient(tape.node(what.gradientOf));
  else showNode(tape.node(what.node));
  panel.scrollTop = 0;
}

function selectNode(i) {
  select({node: i});
}

// Marks the selected box, and what it reads and is read by.
function showSelection() {
  const nodes = selectedNodes();
  const owners = new Set(nodes.map(drawnAt));
  const isGradient = Boolean(selected) && (selected.gradientOf !== undefined || (selected.node !== undefined && !tape.node(selected.node).isForward));
  const related = new Set();
  for (const edge of edges) {
    const touches = edge.pairs.some(([a, b]) => owners.has(a) || owners.has(b));
    edge.isLit = touches && nodes.length === 1;
    if (!edge.line) continue;
    edge.line.classList.toggle('lit', edge.isLit && edge.isWeight);
    edge.head.classList.toggle('lit', edge.isLit && edge.isWeight);
    if (edge.isLit) related.add(edge.from).add(edge.to);
  }
  for (const unit of layout.units) {
    if (!unit.g) continue;
    const holds = unit.nodes.some((node) => owners.has(node.i));
    const isSelected = holds && selected && selected.kernel === undefined &&
        (unit.isWeight || Boolean(unit.isMirror) === (selected.unit ? Boolean(selected.unit.isMirror) : isGradient));
    unit.g.classList.toggle('selected', Boolean(isSelected));
    unit.g.classList.toggle('related', !isSelected && related.has(unit));
    unit.g.classList.toggle('hit', Boolean(selected && selected.kernel !== undefined && isIn(unit, selected.kernel)));
  }
  showStep();
}

function selectedNodes() {
  if (!selected || selected.kernel !== undefined) return [];
  if (selected.unit) return selected.unit.nodes.map((node) => node.i);
  return [selected.gradientOf === undefined ? selected.node : selected.gradientOf];
}

function showNode(node) {
  const owner = tape.ownerOf.get(node.i);
  const parts = [element('h2', {}, `#${node.i} ${label(node)}`),
    chips(node.isForward ? (node.parameter ? 'parameter' : 'forward') : 'gradient',
          node.parameter ? null : node.step >= 0 ? `time step ${node.step}` : 'no time step',
          owner === undefined && node.layer >= 0 ? `layer ${layerName(node.layer)}` : null,
          `shape ${shapeText(node)}`, kernelText(node))];
  if (owner !== undefined) {
    const isTotal = tape.total.get(owner) === node.i;
    parts.push(element('p', {}, isTotal ? 'The gradient of ' : 'Recorded by the gradient rule of ', link(owner), '.'));
  }
  parts.push(heading('Operation'), element('p', {class: 'formula'}, `${node.op.name}: ${node.op.formula}`));
  if (node.inputs.length) parts.push(heading('Inputs'), listOf(node.inputs.map((i) => link(i))));
  parts.push(heading('Value'), ...valueOf(node.i, `value of ${label(node)}`));
  if (node.isForward) parts.push(...gradientOf(node));
  parts.push(...usersOf(node));
  panel.replaceChildren(...parts);
}

// A mirror image: the gradient of a node, and what its visit recorded.
function showGradient(node) {
  const recorded = tape.recorded.get(node.i) || [];
  panel.replaceChildren(element('h2', {}, `∂ #${node.i} ${label(node)}`),
    chips('gradient', node.step >= 0 ? `time step ${node.step}` : 'no time step', `shape ${shapeText(node)}`),
    element('p', {}, 'How the loss changes with ', link(node.i), '.'),
    ...gradientOf(node),
    ...(recorded.length ? [heading('Nodes recorded at this visit'), listOf(recorded.map((i) => [link(i), kernelText(tape.node(i)) ? `, ${kernelText(tape.node(i))}` : '']))] : []));
}

function usersOf(node) {
  const most = 24;
  const group = (title, users) => (users.length
    ? [heading(title), listOf(users.slice(0, most).map((i) => link(i))),
       users.length > most ? element('p', {class: 'note'}, `and ${users.length - most} more`) : null] : []);
  return [...group('Read by', node.users.filter((i) => tape.node(i).isForward)),
          ...group(node.isForward ? 'Read by gradients' : 'Read by', node.users.filter((i) => !tape.node(i).isForward))]
      .filter(Boolean);
}

function gradientOf(node) {
  const total = tape.total.get(node.i);
  if (total === undefined) return tape.total.size ? [heading('Gradient'), element('p', {class: 'note'}, reasonWithout(node))] : [];
  const parts = [heading('Gradient'), element('p', {}, 'dy = ', link(total)), ...valueOf(total, `gradient of ${label(node)}`)];
  const terms = tape.terms.get(node.i) || [];
  if (terms.length > 1 || node.parameter) parts.push(...sumOf(node, terms));
  parts.push(...ruleOf(node));
  return parts;
}

function reasonWithout(node) {
  if (node.op.constant) return `None is passed on: ${node.op.constant}`;
  return 'No parameter was reached through it: none was needed.';
}

// The gradient as the sum over its uses, in the order of time; what reaches a parameter through a
// value computed of parameters alone is shown below that value.
function sumOf(node, terms, depth = 0) {
  const sorted = [...terms].sort((a, b) => tape.node(a.from).step - tape.node(b.from).step || a.from - b.from);
  const largest = Math.max(...sorted.map((term) => normOf(term.gradient)), 1e-300);
  const steps = new Set(sorted.map((term) => tape.node(term.from).step).filter((step) => step >= 0)).size;
  const name = steps === sorted.length && steps > 1 ? `The sum over t: ${sorted.length} terms` : sorted.length > 1 ? `The sum of ${sorted.length} terms` : 'One term';
  const rows = sorted.map((term) => {
    const from = tape.node(term.from);
    const norm = normOf(term.gradient);
    return element('tr', {'data-term': term.gradient},
        element('td', {}, from.step >= 0 ? `t = ${from.step}` : '–'),
        element('td', {}, link(from.i)),
        element('td', {}, link(term.gradient, `#${term.gradient}`)),
        element('td', {}, short(norm)),
        element('td', {}, element('span', {class: 'meter', style: `width: ${(60 * norm / largest).toFixed(1)}px`})));
  });
  const parts = [depth ? element('p', {class: 'note'}, `Through ${label(node)}: ${name.toLowerCase()}`) : heading(name),
    element('table', {class: 'terms'}, element('thead', {}, element('tr', {}, ['step', 'use', 'term', 'norm', ''].map((text) => element('th', {scope: 'col'}, text)))),
            element('tbody', {}, rows))];
  if (sorted.length > 1) parts.push(checkSum(node, sorted));
  parts.push(termTables(sorted));
  for (const term of sorted) {
    const inner = tape.terms.get(term.from) || [];
    if (tape.node(term.from).fixed && inner.length > 1 && depth < 3) parts.push(...sumOf(tape.node(term.from), inner, depth + 1));
  }
  return parts.filter(Boolean);
}

// Whether the numbers of the terms add up to those of the gradient.
function checkSum(node, terms) {
  const total = tape.node(tape.total.get(node.i)).value;
  const values = terms.map((term) => tape.node(term.gradient).value);
  if (!total || values.some((value) => !value)) return null;
  let off = 0;
  total.x.forEach((x, k) => {
    off = Math.max(off, Math.abs(x - values.reduce((sum, value) => sum + value.x[k], 0)));
  });
  return element('p', {class: 'note', id: 'check-sum', 'data-off': off},
      `Added up here, the terms differ from the gradient by at most ${short(off)}, in the numbers shown.`);
}

function termTables(terms) {
  const shown = terms.slice(0, 12);
  const tables = element('details', {}, element('summary', {}, 'The numbers of each term'));
  tables.addEventListener('toggle', () => {
    if (tables.children.length > 1) return;
    for (const term of shown) {
      const from = tape.node(term.from);
      tables.append(element('p', {}, from.step >= 0 ? `t = ${from.step}, ` : '', 'through ', link(from.i)), ...valueOf(term.gradient));
    }
    if (terms.length > shown.length) tables.append(element('p', {class: 'note'}, `The first ${shown.length} of ${terms.length} terms.`));
  });
  return tables;
}

// The gradient rule, as it was recorded.
function ruleOf(node) {
  const given = tape.given.get(node.i) || [];
  if (!given.length) return [];
  const parts = [heading('Gradient rule'), element('p', {class: 'note'}, 'y is the value, dy its gradient. Passed on:')];
  for (const term of given) {
    parts.push(element('p', {}, 'to ', link(term.input), ' ', element('span', {class: 'note'}, inWords(node.i, term))),
               element('p', {class: 'formula'}, link(term.gradient, `#${term.gradient}`), ' = ', expression(term.gradient, node.i)));
  }
  const formulas = formulasOf(node.i);
  if (formulas.length) parts.push(element('p', {class: 'note'}, formulas.map(([name, formula]) => `${name}: ${formula}`).join('; ')));
  return parts;
}

// A folded cell, a layer, or a group of parameters.
function showBox(unit) {
  const prefix = unit.isMirror ? '∂ ' : '';
  const where = unit.column === undefined ? '' : columnName(unit.column);
  const open = element('button', {id: 'open-box'}, 'Open');
  open.addEventListener('click', () => openUnit(unit));
  const most = 60;
  const nodes = unit.nodes.slice(0, most);
  panel.replaceChildren(...[
    element('h2', {}, `${prefix}${layerName(unit.layer)} ${where}`),
    chips(`${unit.nodes.length} ${unit.kind === 'weights' ? 'parameters' : 'nodes'}`), open,
    heading(unit.kind === 'weights' ? 'Parameters' : 'Nodes'),
    element('table', {class: 'terms'}, element('thead', {}, element('tr', {}, ['node', 'value', 'gradient'].map((text) => element('th', {scope: 'col'}, text)))),
      element('tbody', {}, nodes.map((node) => {
        const total = tape.total.get(node.i);
        return element('tr', {}, element('td', {}, link(node.i)), element('td', {}, inBox(node.value)),
                       element('td', {}, total === undefined ? '–' : inBox(tape.node(total).value)));
      }))),
    unit.nodes.length > most ? element('p', {class: 'note'}, `and ${unit.nodes.length - most} more: open the box to see them`) : null,
  ].filter(Boolean));
}
