// The plan: which nodes became which kernel, in which order, and the time that each took.

const kernels = tape.plan ? tape.plan.steps : [];

// Kernels are of five kinds, told by pattern.
function kindOf(kernel) {
  const name = kernel.kernel;
  if (name.startsWith('product')) return 'product';
  if (name.startsWith('sweep')) return 'sweep';
  if (name.startsWith('pack')) return 'pack';
  if (name.startsWith('copy')) return 'copy';
  return 'other';
}

const kindTexts = {product: 'matrix product', sweep: 'sweep: many element-wise nodes at once', other: 'an operation’s own kernel'};

function patterns() {
  const pattern = (name, ...marks) => svg('pattern', {id: `kind-${name}`, width: 8, height: 8, patternUnits: 'userSpaceOnUse'}, ...marks);
  return svg('defs', {},
      pattern('product', svg('path', {d: 'M0 8L8 0', class: 'pattern-ink', 'stroke-width': 1.4})),
      pattern('sweep', svg('circle', {cx: 2.5, cy: 2.5, r: 1.3, class: 'pattern-ink'}), svg('circle', {cx: 6.5, cy: 6.5, r: 1.3, class: 'pattern-ink'})),
      pattern('other', svg('path', {d: 'M4 0V8M0 4H8', class: 'pattern-ink', 'stroke-width': 1})));
}

// The kernels of a box: of its nodes or, of a mirror image, of the nodes that its rules recorded.
function kernelsOf(unit) {
  const nodes = unit.isMirror ? unit.nodes.flatMap((node) => tape.recorded.get(node.i) || []) : unit.nodes.map((node) => node.i);
  return [...new Set(nodes.flatMap((i) => tape.node(i).kernel))].sort((a, b) => a - b);
}

function isIn(unit, kernel) {
  return kernelsOf(unit).includes(kernel);
}

function patternOf(unit) {
  const kinds = new Set(kernelsOf(unit).map((k) => kindOf(kernels[k])));
  return kinds.size === 1 && kindTexts[[...kinds][0]] ? `url(#kind-${[...kinds][0]})` : 'none';
}

function badgeOf(unit) {
  const own = kernelsOf(unit);
  if (!own.length) return null;
  const text = own.length > 3 ? `${own[0]}…${own[own.length - 1]}` : own.join(' ');
  const w = 10 + 6.2 * text.length;
  return svg('g', {class: 'kernel'},
      svg('rect', {x: unit.x + unit.w - w + 4, y: unit.y - 12, width: w, height: 15, rx: 7}),
      write(unit.x + unit.w - w / 2 + 4, unit.y - 1, text));
}

function kernelText(node) {
  if (!node.kernel.length) return null;
  return `kernel ${node.kernel.join(', ')}`;
}

function timeText(kernel) {
  return kernel.ms === undefined ? '' : `${short(kernel.ms)} ms`;
}

function showPlan() {
  if (!tape.plan) {
    panel.replaceChildren(element('h2', {}, 'The plan'), element('p', {},
        'These nodes were run one by one, or by more than one plan: there is none to show.'));
    return;
  }
  const total = kernels.reduce((sum, kernel) => sum + (kernel.ms || 0), 0);
  const covered = tape.all.filter((node) => node.kernel.length).length;
  const slowest = Math.max(...kernels.map((kernel) => kernel.ms || 0), 1e-12);
  const times = total > 0 ? `, ${short(total)} ms together` : '; not timed, see Tape::set_timing()';
  panel.replaceChildren(element('h2', {}, 'The plan'),
    element('p', {}, `${covered} nodes became ${kernels.length} kernels${times}. In the order in which they ran:`),
    element('p', {class: 'note'}, 'Nodes without a number are leaves, or lie in the memory of others: views, slices, joined parts.'),
    element('ol', {class: 'kernels'}, kernels.map((kernel, k) => {
      const button = element('button', {'data-kernel': k}, element('b', {}, String(k)),
          element('span', {}, `${kernel.kernel}  ${kernel.shape}`), element('span', {}, timeText(kernel)),
          kernel.ms === undefined ? null : element('span', {class: 'meter', style: `width: ${(100 * kernel.ms / slowest).toFixed(1)}%`}));
      button.addEventListener('click', () => select({kernel: k}));
      return element('li', {}, button);
    })));
}

function showKernel(k) {
  const kernel = kernels[k];
  const all = element('button', {}, 'All kernels');
  all.addEventListener('click', () => {
    selected = null;
    showSelection();
    showPlan();
  });
  const step = (to, text) => {
    const button = element('button', {disabled: !kernels[to]}, text);
    button.addEventListener('click', () => select({kernel: to}));
    return button;
  };
  const most = 80;
  panel.replaceChildren(...[
    element('h2', {}, `Kernel ${k}: ${kernel.kernel}`),
    chips(`${kernel.shape}`, kernel.flops ? `${short(kernel.flops)} operations` : null, `${short(kernel.bytes)} bytes`, timeText(kernel)),
    element('div', {class: 'group'}, step(k - 1, '◀ before'), all, step(k + 1, 'next ▶')),
    heading(kernel.nodes.length ? `Computes ${kernel.nodes.length} node${kernel.nodes.length > 1 ? 's' : ''}` : 'Computes no node: it moves values'),
    listOf([...kernel.nodes].sort((a, b) => a - b).slice(0, most).map((i) => [link(i), tape.node(i).step >= 0 ? ` t = ${tape.node(i).step}` : ''])),
    kernel.nodes.length > most ? element('p', {class: 'note'}, `and ${kernel.nodes.length - most} more`) : null,
  ].filter(Boolean));
}
