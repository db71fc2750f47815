// JavaScript's values by chance: of every kind that V8 can serialize, with cycles and references.
'use strict';
let state = 1;
const random = (below) => {
  state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
  return (state >>> 0) % below;
};
const pick = (list) => list[random(list.length)];
const many = (make) => Array.from({ length: random(6) }, make);
const units = () => String.fromCharCode(...many(() => pick([97, 48, 0xe9, 0xff, 0x100, 0x20ac, 0xd83d, 0xde00, random(65536)])));
const text = () => pick([units, () => 'a'.repeat(random(200)), () => 'é€'.repeat(random(100)), () => String(random(20))])();
const views = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
  Float32Array, Float64Array, BigInt64Array, BigUint64Array];
const errors = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
const noise = (size) => Uint8Array.from({ length: size }, () => random(256)).buffer;

// The objects made so far, so that a value may hold one of them again, itself included.
let made = [];
// Not from a literal: V8 remembers of each what its arrays have become, and makes the next with holes from the start.
const empty = () => JSON.parse('[]');
const kept = (object) => { made.push(object); return object; };

const primitives = [
  () => undefined, () => null, () => true, () => false,
  () => random(2) ? random(1000) : -random(1000), () => random(2 ** 31) * 2, () => -random(2 ** 31) - 2 ** 31,
  () => pick([-0, NaN, Infinity, -Infinity, 2 ** 53, 0.1, 5e-324, 1.7976931348623157e308]), () => random(1e9) / 1000,
  () => BigInt(random(2 ** 31)) ** BigInt(random(12)) * (random(2) ? 1n : -1n), text,
];
const objects = [
  (depth) => { const object = kept({}); for (const key of many(text)) object[key] = value(depth); return object; },
  (depth) => { const list = kept(empty()); for (let i = random(6); i > 0; i--) list.push(value(depth)); return list; },
  (depth) => { const list = kept(empty()); for (let i = random(4) + 1; i > 0; i--) list[random(30) + 1] = value(depth); return list; },
  (depth) => { const list = kept(empty()); list.push(value(depth)); list.extra = value(depth); return list; },
  (depth) => { const map = kept(new Map()); for (let i = random(4); i > 0; i--) map.set(value(depth), value(depth)); return map; },
  (depth) => { const set = kept(new Set()); for (let i = random(4); i > 0; i--) set.add(value(depth)); return set; },
  // Two invalid dates are not equal to node:assert.
  () => kept(new Date(pick([0, random(2 ** 31) * 1000, -random(2 ** 31)]))),
  () => kept(Object(pick([true, false, 1.5, 7, 'text', '€', -3n]))),
  () => kept(new RegExp(pick(['a', '^€+$', '[a-z]', 'é']), pick(['', 'g', 'gi', 'dmsuy', 'v', 'dgimsy']))),
  () => kept(noise(random(20))),
  () => kept(new ArrayBuffer(random(20), { maxByteLength: 20 + random(300) })),
  () => { const View = pick(views); return kept(new View(noise(random(5) * 8))); },
  () => kept(new DataView(noise(random(20)))),
  () => kept(Buffer.from(noise(random(20)))),
  (depth) => {
    const options = random(2) ? { cause: value(depth) } : undefined;
    const error = new (pick(errors))(random(3) ? text() : undefined, options);
    error.stack = text();
    return kept(error);
  },
  () => made.length > 0 ? pick(made) : null,
];
function value(depth = 5) {
  return depth === 0 || random(3) === 0 ? pick(primitives)() : pick(objects)(depth - 1);
}
// `count` values from a seed: the same ones each time that it is asked.
module.exports = (seed, count) => {
  state = seed || 1;
  return Array.from({ length: count }, () => { made = []; return value(); });
};
