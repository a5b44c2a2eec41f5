// Buttons, keys and links: what people do with the page.

const byId = (id) => document.getElementById(id);

function openUnit(unit) {
  const first = unit.nodes[0].i;
  if (unit.kind === 'weights') folding.weights.add(unit.layer);
  if (unit.kind === 'bar') folding.bars.delete(unit.layer);
  if (unit.kind === 'cell') folding.open.add(unit.cell.key);
  draw();
  focusUnit((unit.isMirror ? layout.mirrorOf : layout.unitOf).get(first));
}

function foldAll(how) {
  folding.open = new Set(how === 'open' ? cells.keys() : []);
  folding.bars = new Set(how === 'bars' ? [...cells.values()].map((cell) => cell.layer).filter((layer) => layer >= 0) : []);
  folding.weights = new Set(how === 'open' ? tape.forward.map((node) => node.layer) : []);
  draw();
  fit();
}

function activate(unit) {
  if (unit.nodes.length > 1) return select({unit});
  const i = unit.nodes[0].i;
  history.replaceState(null, '', unit.isMirror ? `#g${i}` : `#n${i}`);
  return select(unit.isMirror ? {gradientOf: i} : {node: i});
}

function unitOfElement(target) {
  const g = target.closest('[data-unit]');
  return g ? layout.units.find((unit) => unit.id === g.getAttribute('data-unit')) : null;
}

function focusUnit(unit) {
  if (!unit || !unit.g) return;
  for (const other of picture.querySelectorAll('[tabindex="0"]')) other.setAttribute('tabindex', -1);
  unit.g.setAttribute('tabindex', 0);
  unit.g.focus({preventScroll: true});
  reveal(unit);
}

function moveFocus(direction) {
  const visible = layout.units.filter((unit) => unit.g);
  const now = visible.findIndex((unit) => unit.g === document.activeElement);
  focusUnit(visible[Math.max(0, Math.min(visible.length - 1, now + direction))]);
}

function show(what, isOn) {
  showing[what] = isOn;
  byId(what).checked = isOn;
  draw();
  if (what === 'gradients') fit();
  if (what === 'plan') {
    drawLegend();
    fit();
    selected = null;
    showSelection();
    if (isOn) showPlan();
    else welcome();
  }
}

function drawLegend() {
  const parts = [];
  if (scale && tape.total.size) {
    parts.push(element('b', {}, 'Gradient passed back, its norm:'));
    for (let k = 0; k < 7; ++k) {
      const at = (part) => short(Number((10 ** (scale.low + (scale.high - scale.low) * part / 7)).toPrecision(2)));
      parts.push(element('span', {}, svg('svg', {width: 34, height: 8, 'aria-hidden': 'true'}, svg('path', {d: 'M1 4H33', class: `edge g${k}`})),
                         k === 6 ? `${at(6)} to ${at(7)}` : `to ${at(k + 1)}`));
    }
  }
  if (edges.some((edge) => edge.isMirror && edge.norm === 0)) {
    parts.push(element('span', {}, svg('svg', {width: 34, height: 8, 'aria-hidden': 'true'}, svg('path', {d: 'M1 4H33', class: 'edge zero'})), '0'));
  }
  if (showing.plan) {
    parts.push(element('b', {}, 'Kernels:'));
    for (const [kind, text] of Object.entries(kindTexts)) {
      parts.push(element('span', {}, svg('svg', {width: 22, height: 12, 'aria-hidden': 'true'},
          svg('rect', {width: 22, height: 12, fill: `url(#kind-${kind})`, stroke: 'currentColor'})), text));
    }
    parts.push(element('span', {}, 'the number: its place in the order'));
  }
  parts.push(element('span', {}, '‖ x ‖ in a box: the norm of its numbers'));
  byId('legend').replaceChildren(...parts);
}

function welcome() {
  const loss = tape.node(tape.loss);
  panel.replaceChildren(element('h2', {}, 'A tape, opened'),
    element('p', {}, 'Time runs from left to right, layers stand above each other, parameters along the axis. Below it is the gradient, ' +
                     'the mirror image of what it belongs to: it runs from right to left.'),
    element('p', {}, 'Click on a box to see its operation, its numbers and its gradient rule; on a parameter, to see its gradient as a sum over time.'),
    heading('The loss'), element('p', {}, link(loss.i)), ...valueOf(loss.i),
    heading('Parameters'), listOf(tape.forward.filter((node) => node.parameter).map((node) => [link(node.i), ` ${shapeText(node)}`])));
}

// Built when it is first opened: a row for each node.
function fillTable() {
  if (byId('table').children.length) return;
  const row = (node) => element('tr', {}, element('td', {}, link(node.i)), element('td', {}, node.op.name), element('td', {}, shapeText(node)),
      element('td', {}, node.step >= 0 ? String(node.step) : ''), element('td', {}, node.isForward ? layerName(node.layer) : `gradient of #${tape.ownerOf.get(node.i)}`),
      element('td', {}, inBox(node.value)));
  byId('table').append(element('table', {}, element('thead', {}, element('tr', {},
      ['node', 'operation', 'shape', 'step', 'layer', 'value'].map((text) => element('th', {scope: 'col'}, text)))),
      element('tbody', {}, tape.all.map(row))));
}

const keys = {
  ArrowRight: () => stepOnce(1),
  ArrowLeft: () => stepOnce(-1),
  ArrowDown: () => moveFocus(1),
  ArrowUp: () => moveFocus(-1),
  ' ': () => play(),
  Home: () => { stop(); goTo(0); },
  End: () => { stop(); goTo(when.end); },
  o: () => foldAll('open'),
  f: () => foldAll('cells'),
  l: () => foldAll('bars'),
  g: () => show('gradients', !showing.gradients),
  w: () => show('weights', !showing.weights),
  p: () => show('plan', !showing.plan),
  '+': () => { zoom *= 1.2; resize(); },
  '-': () => { zoom /= 1.2; resize(); },
  0: () => fit(),
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target;
  if (event.key === 'Enter' && target.closest && target.closest('[data-unit]')) {
    const unit = unitOfElement(target);
    if (unit.kind === 'node' || unit.kind === 'weight') activate(unit);
    else openUnit(unit);
    event.preventDefault();
    return;
  }
  // A focused control keeps the keys that are its own.
  if (target.closest('input, button, summary, a') && [' ', 'Enter'].includes(event.key)) return;
  if (target.closest('#details') && event.key.startsWith('Arrow')) return;
  if (target.id === 'slider' && event.key.startsWith('Arrow')) target.blur();
  const action = keys[event.key] || keys[event.key.toLowerCase()];
  if (!action) return;
  action();
  event.preventDefault();
}

function onClick(event) {
  const close = event.target.closest('[data-close]');
  const bar = event.target.closest('[data-bar]');
  if (close) {
    folding.open.delete(close.getAttribute('data-close'));
    draw();
  } else if (bar) {
    const layer = Number(bar.getAttribute('data-bar'));
    if (!folding.bars.delete(layer)) folding.bars.add(layer);
    draw();
  } else {
    const unit = unitOfElement(event.target);
    if (!unit) return;
    focusUnit(unit);
    activate(unit);
  }
}

function followLink() {
  const match = /^#([ng])(\d+)$/.exec(location.hash);
  const i = match ? Number(match[2]) : NaN;
  if (!tape.node(i)) return;
  const isGradient = match[1] === 'g' || !tape.node(i).isForward;
  select(match[1] === 'g' && tape.total.has(i) ? {gradientOf: i} : {node: i});
  const unit = (isGradient && showing.gradients ? layout.mirrorOf : layout.unitOf).get(drawnAt(i));
  if (unit && unit.g) reveal(unit);
}

function start() {
  byId('slider').max = when.end;
  byId('phases').replaceChildren(...when.phases.map((phase) => element('span', {style: `flex: ${phase.count}`}, phase.name)));
  const steps = tape.columns.last;
  byId('summary').textContent = `${tape.forward.length} nodes and ${tape.all.length - tape.forward.length} of the gradient, ` +
      `${steps} time step${steps === 1 ? '' : 's'}, ${tape.dtype}`;
  if (!tape.plan) byId('plan').closest('label').title = 'No plan ran these nodes';
  if (!tape.total.size) byId('gradients').closest('label').hidden = true;
  for (const [id, action] of Object.entries({
    first: keys.Home, last: keys.End, back: keys.ArrowLeft, next: keys.ArrowRight, play, open: keys.o, fold: keys.f,
    bars: keys.l, in: keys['+'], out: keys['-'], fit,
  })) byId(id).addEventListener('click', action);
  for (const what of ['gradients', 'weights', 'plan']) {
    byId(what).addEventListener('change', (event) => show(what, event.target.checked));
  }
  byId('slider').addEventListener('input', (event) => { stop(); goTo(Number(event.target.value)); });
  byId('all').addEventListener('toggle', fillTable);
  picture.addEventListener('click', onClick);
  byId('scroll').addEventListener('scroll', keepNames);
  picture.addEventListener('dblclick', (event) => {
    const unit = unitOfElement(event.target);
    if (unit && unit.nodes.length > 1) openUnit(unit);
  });
  document.addEventListener('keydown', onKey);
  window.addEventListener('hashchange', followLink);

  byId('gradients').checked = showing.gradients;
  const few = 90;
  if (tape.forward.length <= few) {
    folding.open = new Set(cells.keys());
    folding.weights = new Set(tape.forward.map((node) => node.layer));
  }
  showing.weights = tape.forward.length <= few / 2;
  byId('weights').checked = showing.weights;
  draw();
  drawLegend();
  fit();
  welcome();
  followLink();
}

start();
