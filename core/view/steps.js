// The steps: record, node by node; forward, value by value; backward, gradient by gradient, in the
// order in which the tape was walked.

const when = makeSteps();
let position = when.end;
let timer = null;

function makeSteps() {
  const count = tape.forward.length;
  const forward = new Map(tape.forward.map((node, k) => [node.i, k]));
  const backward = new Map(tape.order.map((i, k) => [i, k]));
  const phases = [{name: 'Record', begin: 0, count}, {name: 'Forward', begin: count, count}];
  if (tape.order.length) phases.push({name: 'Backward', begin: 2 * count, count: tape.order.length});
  return {
    recorded: (i) => forward.get(i),
    valued: (i) => count + forward.get(i),
    passed: (i) => (backward.has(i) ? 2 * count + backward.get(i) : Infinity),
    end: 2 * count + tape.order.length,
    phases,
  };
}

// What happens in step `k`: a phase, and the node that it is about.
function stepAt(k) {
  const phase = when.phases.find((p) => k < p.begin + p.count);
  const nodes = phase.name === 'Backward' ? tape.order.map((i) => tape.node(i)) : tape.forward;
  return {phase, node: nodes[k - phase.begin], number: k - phase.begin + 1};
}

// The box in which a step is seen, if any.
function unitAt(k) {
  const {phase, node} = stepAt(k);
  if (phase.name !== 'Backward') return layout.unitOf.get(node.i);
  return showing.gradients ? layout.mirrorOf.get(node.i) : layout.unitOf.get(node.i);
}

// The next position after, or before, which another box or another phase begins.
function nextPosition(direction) {
  let to = position;
  if (direction > 0) {
    if (to >= when.end) return to;
    const [unit, phase] = [unitAt(to), stepAt(to).phase];
    do ++to; while (to < when.end && unitAt(to) === unit && stepAt(to).phase === phase);
  } else {
    if (to <= 0) return to;
    const [unit, phase] = [unitAt(to - 1), stepAt(to - 1).phase];
    do --to; while (to > 0 && unitAt(to - 1) === unit && stepAt(to - 1).phase === phase);
  }
  return to;
}

function goTo(to) {
  position = Math.max(0, Math.min(when.end, to));
  showStep();
}

function stepOnce(direction) {
  stop();
  goTo(nextPosition(direction));
}

function play() {
  if (timer) return stop();
  if (position >= when.end) goTo(0);
  const button = document.getElementById('play');
  button.textContent = '❚❚ Pause';
  button.setAttribute('aria-label', 'Pause');
  // The whole in about half a minute, yet no faster than the eye and no slower than half a second.
  let boxes = 0;
  const saved = position;
  for (; position < when.end && boxes < 1000; position = nextPosition(1)) ++boxes;
  position = saved;
  const pause = Math.max(40, Math.min(500, 30000 / Math.max(1, boxes)));
  timer = setInterval(() => {
    goTo(nextPosition(1));
    if (position >= when.end) stop();
  }, pause);
  return undefined;
}

function stop() {
  clearInterval(timer);
  timer = null;
  const button = document.getElementById('play');
  button.textContent = '▶ Play';
  button.setAttribute('aria-label', 'Play');
}

// Shows the boxes and lines as they are at this position.
function showStep() {
  const current = position > 0 && position < when.end ? unitAt(position - 1) : null;
  for (const unit of layout.units) {
    if (!unit.g) continue;
    const all = (at) => unit.nodes.every((node) => at(node.i) < position);
    const list = unit.g.classList;
    if (unit.isMirror) {
      const reached = unit.nodes.filter((node) => tape.total.has(node.i));
      const some = reached.some((node) => when.passed(node.i) < position);
      list.toggle('ghost', !some);
      list.toggle('recorded', some && !reached.every((node) => when.passed(node.i) < position));
    } else {
      list.toggle('ghost', !unit.nodes.some((node) => when.recorded(node.i) < position));
      list.toggle('recorded', !all(when.valued));
    }
    const gradient = unit.g.querySelector('.gradient');
    if (gradient) {
      const known = unit.nodes.every((node) => when.passed(node.i) < position);
      gradient.style.visibility = known ? 'visible' : 'hidden';
    }
    list.toggle('current', unit === current);
  }
  for (const edge of edges) {
    if (!edge.line) continue;
    const seen = edge.isMirror ? edge.pairs.some(([from]) => when.passed(from) < position)
                               : edge.pairs.some(([, to]) => when.recorded(to) < position);
    const hidden = edge.isWeight && !showing.weights && !edge.isLit;
    for (const part of [edge.line, edge.head]) {
      part.classList.toggle('ghost', !seen);
      part.style.display = hidden ? 'none' : '';
    }
  }
  showPosition();
  if (current && current.g && timer) reveal(current);
}

function showPosition() {
  const slider = document.getElementById('slider');
  slider.value = position;
  const text = stepText();
  slider.setAttribute('aria-valuetext', text);
  document.getElementById('status').textContent = text;
  const phases = document.getElementById('phases').children;
  when.phases.forEach((phase, k) => {
    const isNow = position > phase.begin && position <= phase.begin + phase.count;
    phases[k].classList.toggle('now', isNow && position < when.end);
  });
}

function stepText() {
  if (position === 0) return 'Nothing is recorded yet. → records the first node, space plays.';
  if (position === when.end) {
    return tape.total.size ? 'All is recorded, computed and differentiated. Click on a box, or go back with ←.'
                           : 'All is recorded and computed. Click on a box, or go back with ←.';
  }
  const {phase, node, number} = stepAt(position - 1);
  const time = node.step >= 0 ? `, t = ${node.step}` : '';
  const start = `${phase.name} ${number} of ${phase.count}: `;
  if (phase.name === 'Record') {
    const reads = node.inputs.length ? ` of ${node.inputs.map((i) => `#${i}`).join(' ')}` : '';
    return `${start}#${node.i} ${label(node)}${reads}${time}, ${shapeText(node)}`;
  }
  if (phase.name === 'Forward') return `${start}#${node.i} ${label(node)}${time}  →  ${inBox(node.value)}`;
  const terms = tape.terms.get(node.i) || [];
  const sum = terms.length > 1 ? `, the sum of ${terms.length} terms` : '';
  return `${start}∂ #${node.i} ${label(node)}${time}  →  ${inBox(tape.node(tape.total.get(node.i)).value)}${sum}`;
}

// Scrolls a box into sight.
function reveal(unit) {
  const room = document.getElementById('scroll');
  const x = (unit.x - layout.box.x + unit.w / 2) * zoom;
  const y = (unit.y - layout.box.y + unit.h / 2) * zoom;
  const away = (at, from, size) => at < from + 40 || at > from + size - 40;
  if (away(x, room.scrollLeft, room.clientWidth)) room.scrollLeft = x - room.clientWidth / 2;
  if (away(y, room.scrollTop, room.clientHeight)) room.scrollTop = y - room.clientHeight / 2;
}
