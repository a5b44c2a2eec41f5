// The picture as SVG. It is drawn anew when something is folded or shown; a step only changes
// classes.

const picture = document.getElementById('picture');
const showing = {gradients: true, weights: false, plan: false};
const scale = scaleOfGradients();
let layout = null;
let edges = [];
let zoom = 1;

function svg(name, attributes = {}, ...children) {
  const result = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) result.setAttribute(key, value);
  }
  result.append(...children.filter((child) => child));
  return result;
}

function write(x, y, text, classes = '', room = Infinity) {
  const isLong = text.length * 7 > room;
  const most = Math.max(3, Math.floor(room / (isLong ? 5.6 : 7)));
  const cut = text.length > most ? text.slice(0, most - 1) + '…' : text;
  return svg('text', {x, y, class: isLong ? `${classes} long` : classes}, cut);
}

// Seven classes of equal ratios, from the least to the greatest gradient that was passed.
function scaleOfGradients() {
  const norms = tape.passed.filter(([from, input]) => from !== input)
                           .map(([, , gradient]) => normOf(gradient))
                           .filter((norm) => norm > 0 && Number.isFinite(norm));
  if (!norms.length) return null;
  const high = Math.log10(norms.reduce((a, b) => Math.max(a, b)));
  const low = Math.max(Math.log10(norms.reduce((a, b) => Math.min(a, b))), high - 14);
  return high - low < 0.01 ? {low: high - 0.5, high: high + 0.5} : {low, high};
}

function classOf(norm) {
  if (!scale || norm === 0) return 'zero';
  if (!Number.isFinite(norm)) return 'g6';
  const part = (Math.log10(norm) - scale.low) / (scale.high - scale.low);
  return 'g' + Math.min(6, Math.max(0, Math.floor(part * 7)));
}

function draw() {
  layout = makeLayout();
  edges = makeEdges(layout);
  const hasGradients = tape.total.size > 0 && showing.gradients;
  const bottom = hasGradients ? mirrored(layout, layout.top) : layout.axis + 16;
  layout.box = {x: 0, y: layout.top, w: layout.width, h: bottom - layout.top};
  picture.setAttribute('viewBox', `${layout.box.x} ${layout.box.y} ${layout.box.w} ${layout.box.h}`);
  picture.classList.toggle('planned', showing.plan);

  const behind = svg('g', {'aria-hidden': 'true'});
  const lines = svg('g', {'aria-hidden': 'true'});
  const boxes = svg('g', {});
  layout.names = svg('g', {}, svg('rect', {class: 'strip', x: 0, y: layout.box.y, width: 116, height: layout.box.h}));
  for (const sign of hasGradients ? [1, -1] : [1]) {
    behind.append(...layout.frames.map((frame) => drawFrame(frame, sign)));
    layout.names.append(...layout.rows.filter((row) => sign > 0 || row.hasMirror).map((row) => drawRow(row, sign)));
  }
  layout.names.append(write(8, 4, tape.forward.some((node) => node.fixed) ? 'parameters' : '', 'left heading small'));
  drawColumns(behind, hasGradients);
  for (const edge of edges) {
    if (edge.isMirror && !hasGradients) continue;
    drawEdge(edge);
    lines.append(edge.line, edge.head);
  }
  // Keys and screen readers go through the boxes as the tape does, forward and then backward.
  layout.units.sort((a, b) => Boolean(a.isMirror) - Boolean(b.isMirror) ||
                              (a.isMirror ? b.nodes[0].i - a.nodes[0].i : a.nodes[0].i - b.nodes[0].i));
  for (const unit of layout.units) {
    if (unit.isMirror && !hasGradients) continue;
    unit.g = drawUnit(unit);
    if (!boxes.children.length) unit.g.setAttribute('tabindex', 0);
    boxes.append(unit.g);
  }
  picture.replaceChildren(patterns(), behind, lines, boxes, layout.names);
  resize();
  showStep();
  showSelection();
}

function drawColumns(group, hasGradients) {
  const named = new Map();
  for (const unit of layout.units) {
    if (unit.column !== undefined && !unit.isMirror) {
      const old = named.get(unit.column);
      const left = Math.min(unit.x, old ? old.left : Infinity);
      const right = Math.max(unit.x + unit.w, old ? old.right : -Infinity);
      named.set(unit.column, {left, right});
    }
  }
  for (const [column, {left, right}] of named) {
    if (column > tape.columns.last) continue;
    const x = (left + right) / 2;
    group.append(write(x, layout.top + 12, columnName(column), 'small'));
    if (hasGradients) group.append(write(x, mirrored(layout, layout.top) - 6, columnName(column), 'small'));
  }
}

// The name of a layer beside its row, and a button that folds it to one box or to cells.
function drawRow(row, sign) {
  const y = sign > 0 ? row.y + row.h / 2 : mirrored(layout, row.y + row.h / 2);
  const name = (sign > 0 ? '' : '∂ ') + layerName(row.layer);
  const group = svg('g', {class: 'toggle', 'data-bar': row.layer},
      svg('rect', {x: 6, y: y - 19, width: 104, height: 38, rx: 6}),
      write(58, y - 3, name, 'heading', 100),
      write(58, y + 12, row.isBar ? '⊞ cells' : '⊟ one box', 'small'));
  group.append(svg('title', {}, `${name}: ${row.isBar ? 'show its cells' : 'fold to one box'}`));
  return group;
}

function drawFrame(frame, sign) {
  const y = sign > 0 ? frame.y : mirrored(layout, frame.y + frame.h);
  const name = `${layerName(frame.cell.layer)} ${columnName(frame.cell.column)}`.trim();
  const textY = sign > 0 ? y + 13 : y + frame.h - 5;
  const button = svg('g', {class: 'toggle', 'data-close': frame.cell.key},
      svg('rect', {x: frame.x + 5, y: textY - 10, width: 13, height: 13, rx: 3}),
      write(frame.x + 11.5, textY, '−', 'small'), svg('title', {}, `fold ${name}`));
  return svg('g', {}, svg('rect', {class: 'frame', x: frame.x, y, width: frame.w, height: frame.h, rx: 8}),
             write(frame.x + 23, textY, (sign > 0 ? '' : '∂ ') + name, 'small left', frame.w - 30), button);
}

function titleOf(unit) {
  const prefix = unit.isMirror ? '∂ ' : '';
  if (unit.kind === 'node' || unit.kind === 'weight') return prefix + label(unit.nodes[0]);
  return prefix + layerName(unit.layer);
}

// The value that leaves a folded box: the last of its nodes that something outside reads.
function resultOf(unit) {
  const inside = new Set(unit.nodes.map((node) => node.i));
  const leaving = unit.nodes.filter((node) => node.i === tape.loss || node.inputs.length > 0 && node.users.some((i) => tape.node(i).isForward && !inside.has(i)));
  return leaving[leaving.length - 1] || unit.nodes[unit.nodes.length - 1];
}

function numbersOf(unit) {
  const node = unit.kind === 'node' || unit.kind === 'weight' ? unit.nodes[0] : resultOf(unit);
  const total = tape.total.get(node.i);
  return {
    value: inBox(node.value),
    gradient: total === undefined ? 'none' : inBox(tape.node(total).value),
    norm: total === undefined ? NaN : normOf(total),
  };
}

function drawUnit(unit) {
  const isFolded = unit.kind === 'cell' || unit.kind === 'bar' || unit.kind === 'weights';
  const numbers = numbersOf(unit);
  const classes = ['unit', unit.isMirror ? 'mirror' : '', unit.isWeight ? 'weight' : '', isFolded ? 'folded' : '',
                   unit.nodes.every((node) => node.op.kind === 'leaf') && !unit.isWeight ? 'source' : '',
                   unit.nodes.some((node) => node.i === tape.loss) ? 'loss' : ''];
  const g = svg('g', {class: classes.filter(Boolean).join(' '), 'data-unit': unit.id, tabindex: -1, role: 'button'});
  const cx = unit.x + unit.w / 2;
  if (isFolded) {
    g.append(svg('rect', {class: 'behind', x: unit.x + 4, y: unit.y - 4, width: unit.w, height: unit.h, rx: 7}));
  }
  const box = svg('rect', {class: 'box', x: unit.x, y: unit.y, width: unit.w, height: unit.h, rx: 7});
  g.append(box, svg('rect', {class: 'pattern', x: unit.x, y: unit.y, width: unit.w, height: unit.h, rx: 7, fill: patternOf(unit)}));
  const shown = unit.isMirror ? numbers.gradient : numbers.value;
  if (unit.kind === 'cell') {
    g.append(write(cx, unit.y + 15, titleOf(unit), 'heading', unit.w - 8),
             write(cx, unit.y + 30, shown, 'number', unit.w - 6),
             write(cx, unit.y + 45, `⊞ ${unit.nodes.length} nodes`, 'small'));
  } else if (unit.kind === 'bar') {
    g.append(write(cx, unit.y + 21, titleOf(unit), 'heading', unit.w - 8),
             write(cx, unit.y + 39, `⊞ ${unit.nodes.length} nodes`, 'small'));
  } else if (unit.isWeight) {
    const one = unit.nodes.length === 1;
    g.append(write(cx, unit.y + 15, one ? titleOf(unit) : layerName(unit.layer), 'heading', unit.w - 4),
             write(cx, unit.y + 30, one ? numbers.value : `⊞ ${unit.nodes.length} parameters`, 'number', unit.w - 6));
    if (one) g.append(write(cx, unit.y + 44, `∂ ${numbers.gradient}`, 'number gradient', unit.w - 6));
  } else {
    g.append(write(cx, unit.y + 16, titleOf(unit), 'heading', unit.w - 6), write(cx, unit.y + 30, shown, 'number', unit.w - 6));
  }
  if (unit.isMirror && unit.kind !== 'bar') {
    g.append(svg('path', {class: `edge ${classOf(numbers.norm)}`, d: `M${unit.x + 7} ${unit.y + unit.h - 3}H${unit.x + unit.w - 7}`}));
  }
  g.append(badgeOf(unit), svg('title', {}, describe(unit)));
  g.setAttribute('aria-label', describe(unit));
  return g;
}

function describe(unit) {
  const numbers = numbersOf(unit);
  const where = unit.column === undefined ? '' : `, ${columnName(unit.column)}`;
  if (unit.kind === 'node') {
    const node = unit.nodes[0];
    return unit.isMirror ? `gradient of #${node.i} ${label(node)}${where}: ${numbers.gradient}`
                         : `#${node.i} ${label(node)}${where}: ${numbers.value}`;
  }
  if (unit.kind === 'weight') return `parameter ${label(unit.nodes[0])}: ${numbers.value}, gradient ${numbers.gradient}`;
  const what = unit.kind === 'weights' ? 'parameters' : 'nodes';
  return `${titleOf(unit)}${where}, folded, ${unit.nodes.length} ${what}; Enter opens`;
}

function drawEdge(edge) {
  const points = routeOf(layout, edge);
  let d = `M${points[0].join(' ')}`;
  for (let k = 1; k < points.length; k += 3) d += `C${points.slice(k, k + 3).map((p) => p.join(' ')).join(' ')}`;
  const end = points[points.length - 1];
  const before = [...points].reverse().find((p) => p[0] !== end[0] || p[1] !== end[1]) || end;
  const angle = Math.atan2(end[1] - before[1], end[0] - before[0]);
  const corner = (turn) => `${end[0] - 8 * Math.cos(angle + turn)} ${end[1] - 8 * Math.sin(angle + turn)}`;
  edge.norm = edge.isMirror ? Math.sqrt(edge.squares) : NaN;
  const size = edge.isMirror ? classOf(edge.norm) : '';
  const kind = edge.isWeight && !edge.isMirror ? 'weight' : '';
  edge.line = svg('path', {d, class: `edge ${size} ${kind}`});
  edge.head = svg('path', {d: `M${end.join(' ')}L${corner(0.38)}L${corner(-0.38)}Z`, class: `head ${size} ${kind}`});
  const count = edge.count > 1 ? `${edge.count} lines, ` : '';
  edge.line.append(svg('title', {}, edge.isMirror ? `${count}norm of what is passed back: ${short(edge.norm)}` : `${count}value read`));
}

// The names of the rows stay in sight.
function keepNames() {
  layout.names.setAttribute('transform', `translate(${document.getElementById('scroll').scrollLeft / zoom} 0)`);
}

function resize() {
  picture.setAttribute('width', Math.round(layout.box.w * zoom));
  picture.setAttribute('height', Math.round(layout.box.h * zoom));
  keepNames();
}

// As large as the window allows, but so that text can be read.
function fit() {
  const room = document.getElementById('scroll');
  const whole = Math.min((room.clientWidth - 4) / layout.box.w, (room.clientHeight - 4) / layout.box.h);
  // What is much wider than the window is read by scrolling.
  const high = (room.clientHeight - 4) / layout.box.h;
  zoom = whole >= 0.6 ? Math.min(1.35, whole) : Math.min(1, Math.max(0.6, high));
  resize();
}
