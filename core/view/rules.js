// Gradient rules in words and symbols, read from the nodes that the rule recorded.

// A formula like "y = a + b" with its letters replaced by `inputs`; null where it has other letters
// than the operation has inputs.
function substitute(formula, inputs) {
  const right = formula.split(',')[0].replace(/^[^=]*=\s*/, '');
  const letters = [...new Set(right.match(/[A-Za-z]+[0-9]*/g) || [])];
  if (letters.length !== inputs.length || letters.length === 0) return null;
  return right.replace(/[A-Za-z]+[0-9]*/g, (letter) => inputs[letters.indexOf(letter)]);
}

// Node `i` as an expression of what stood on the tape before `owner` was visited.
function expression(i, owner, depth = 0) {
  const node = tape.node(i);
  if (i === tape.total.get(owner)) return 'dy';
  if (i === owner) return 'y';
  if (node.isForward || tape.ownerOf.get(i) !== owner || depth > 6) return label(node) + ' (#' + i + ')';
  const inputs = node.inputs.map((input) => expression(input, owner, depth + 1));
  if (node.op.kind === 'view' && inputs.length === 1) return inputs[0];
  if (node.op.name === 'add_up') return inputs.join(' + ');
  const wrapped = inputs.map((text) => (/^[\w'.]+( \(#\d+\))?$|^[\w']+\(.*\)$/.test(text) ? text : `(${text})`));
  // Attributes are a formula where their letters are inputs ("aᵀ b"), not where they are words ("axis 0").
  const isFormula = node.detail && !/[A-Za-z]{2}/.test(node.detail);
  const text = (isFormula && substitute(node.detail, wrapped)) || substitute(node.op.formula, wrapped);
  if (text) return text;
  const detail = node.detail ? `; ${node.detail}` : '';
  return `${node.op.name}(${inputs.join(', ')}${detail})`;
}

// The formulas of the operations, other than views, that a rule recorded.
function formulasOf(owner) {
  const formulas = new Map();
  for (const i of tape.recorded.get(owner) || []) {
    const op = tape.node(i).op;
    if (op.kind !== 'view' && i !== tape.total.get(owner)) formulas.set(op.name, op.formula);
  }
  return [...formulas];
}

// In words: what becomes of dy on its way to one input.
function inWords(owner, term) {
  if (term.gradient === tape.total.get(owner)) return 'unchanged: what arrives is passed on as it is';
  const kinds = new Set();
  let readsResult = false;
  const seen = new Set();
  const visit = (i) => {
    if (seen.has(i) || i === tape.total.get(owner)) return;
    seen.add(i);
    if (i === owner) readsResult = true;
    const node = tape.node(i);
    if (node.isForward || tape.ownerOf.get(i) !== owner) return;
    kinds.add(node.op.kind);
    node.inputs.forEach(visit);
  };
  visit(term.gradient);
  const only = (...names) => [...kinds].every((kind) => names.includes(kind));
  if (only('view')) return 'the same numbers under another shape';
  if (only('view', 'slice')) return 'its part of what arrives';
  if (kinds.has('product')) return 'what arrives, in a matrix product with the other factor';
  if (only('view', 'elementwise')) {
    return readsResult ? 'what arrives, scaled by the slope at the result y'
                       : 'what arrives, scaled number by number';
  }
  return 'what arrives, by the operations below';
}
