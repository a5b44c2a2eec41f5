// Values as small tables: numbers, on a background whose colour tells the sign and whose strength
// tells the size.

// An element with attributes and children; a text is a child, never markup.
function element(name, attributes = {}, ...children) {
  const result = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) result.setAttribute(key, value);
  }
  result.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return result;
}

function link(i, text) {
  const node = tape.node(i);
  return element('a', {href: `#n${i}`}, text || `#${i} ${label(node)}`);
}

function tableOf(value) {
  const largest = Math.max(...value.x.map((x) => (typeof x === 'number' ? Math.abs(x) : 0)), 1e-300);
  const rows = [];
  const columns = Math.max(1, value.columns);
  for (let first = 0; first < value.x.length; first += columns) {
    rows.push(element('tr', {}, value.x.slice(first, first + columns).map((x) => {
      const strength = typeof x === 'number' ? Math.abs(x) / largest : 1;
      const colour = x < 0 ? 'var(--low)' : 'var(--high)';
      return element('td', {
        'data-value': x,
        title: String(x),
        style: `background: rgba(${colour}, ${(0.55 * strength).toFixed(3)})`,
      }, short(x));
    })));
  }
  return element('div', {class: 'value'}, element('table', {}, element('tbody', {}, rows)));
}

// The table of a node's value, and how much of it that is.
function valueOf(i, caption) {
  const node = tape.node(i);
  const value = node.value;
  if (!value) return [element('p', {class: 'note'}, 'Gone: a parameter it was computed from has changed since.')];
  const size = node.shape.reduce((a, b) => a * b, 1);
  const parts = [];
  if (size === 0) return [element('p', {class: 'note'}, 'No numbers: a side of its shape is 0.')];
  const table = tableOf(value);
  table.setAttribute('data-node', i);
  if (caption) table.setAttribute('aria-label', caption);
  parts.push(table);
  if (value.x.length < size) {
    const rows = value.x.length / value.columns;
    parts.push(element('p', {class: 'note'}, `The first ${rows} × ${value.columns} of ${size} numbers.`));
  }
  if (size > 1) {
    parts.push(element('p', {class: 'measures'},
        `norm ${short(value.norm)}, from ${short(value.min)} to ${short(value.max)}`));
  }
  return parts;
}
