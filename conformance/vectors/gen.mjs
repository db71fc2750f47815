// gen.mjs - deterministic conformance-vector generator. Usage: node gen.mjs --seed public --out DIR [--scale 1]
// Same seed + same Node version => byte-identical output. Writes one .jsonl per module and manifest.json.
import { run, enc } from './ops.mjs';
import crypto from 'node:crypto';
import { writeFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
const arg = (n, d) => {
  const i = process.argv.indexOf('--' + n);
  return i < 0 ? d : process.argv[i + 1];
};
const SEED = arg('seed', 'public'),
  OUT = arg('out', './out'),
  SCALE = Number(arg('scale', '1'));
// ---- PRNG: sfc32 keyed by sha256(seed|stream) ----
class Rng {
  constructor(stream) {
    const h = crypto
      .createHash('sha256')
      .update(SEED + '|' + stream)
      .digest();
    this.a = h.readUInt32LE(0);
    this.b = h.readUInt32LE(4);
    this.c = h.readUInt32LE(8);
    this.d = 1;
    for (let i = 0; i < 16; i++) this.u32();
  }
  u32() {
    const t = (this.a + this.b + this.d) >>> 0;
    this.d = (this.d + 1) >>> 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (this.c << 21) | (this.c >>> 11);
    this.c = (this.c + t) | 0;
    return t >>> 0;
  }
  int(n) {
    return n <= 0 ? 0 : Math.floor((this.u32() / 4294967296) * n);
  } // [0,n)
  range(a, b) {
    return a + this.int(b - a + 1);
  } // [a,b]
  pick(xs) {
    return xs[this.int(xs.length)];
  }
  chance(p) {
    return this.u32() / 4294967296 < p;
  }
  big(bits) {
    let v = 0n;
    for (let i = 0; i < bits; i += 32) v = (v << 32n) | BigInt(this.u32());
    return v & ((1n << BigInt(bits)) - 1n);
  }
}
let R;
const ENC = ['utf8', 'hex', 'base64', 'base64url', 'latin1', 'ascii', 'utf16le'];
const ALIAS = {
  utf8: ['utf8', 'utf-8', 'UTF-8', 'Utf8'],
  hex: ['hex', 'HEX'],
  base64: ['base64', 'BASE64'],
  base64url: ['base64url', 'BASE64URL'],
  latin1: ['latin1', 'binary', 'LATIN1', 'Binary'],
  ascii: ['ascii', 'ASCII'],
  utf16le: ['utf16le', 'utf-16le', 'ucs2', 'ucs-2', 'UTF-16LE', 'UCS2'],
};
const encName = () => {
  const e = R.pick(ENC);
  return R.chance(0.12) ? R.pick(ALIAS[e]) : e;
};
const B64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const len = () => R.pick([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 17, 20, 24, 31, 32, 33, 40]);
// ---- strings ----
function str(kind) {
  kind ??= R.pick([
    'ascii',
    'ascii',
    'latin1',
    'bmp',
    'mix',
    'mix',
    'astral',
    'lone',
    'b64',
    'b64',
    'b64n',
    'b64n',
    'hex',
    'hexn',
    'ctl',
  ]);
  const n = len();
  let s = '';
  const one = (k) => {
    switch (k) {
      case 'ascii':
        return String.fromCharCode(R.range(32, 126));
      case 'ctl':
        return String.fromCharCode(
          R.pick([0, 9, 10, 13, 32, 127, 0x80, 0x9f, 0xa0, 0xff, 0x100, 0xfeff, 0xfffd, 0xffff]),
        );
      case 'latin1':
        return String.fromCharCode(R.range(0x80, 0xff));
      case 'bmp':
        return String.fromCharCode(
          R.pick([R.range(0x100, 0x7ff), R.range(0x800, 0xd7ff), R.range(0xe000, 0xffff), 0x7ff, 0x800, 0xffff]),
        );
      case 'astral':
        return String.fromCodePoint(R.pick([R.range(0x10000, 0x10ffff), 0x1f600 + R.int(80), 0x10000, 0x10ffff]));
      case 'lone':
        return String.fromCharCode(R.range(0xd800, 0xdfff));
    }
  };
  switch (kind) {
    case 'b64': {
      const h = Buffer.alloc(n);
      for (let i = 0; i < n; i++) h[i] = R.int(256);
      s = h.toString(R.pick(['base64', 'base64url']));
      if (R.chance(0.3)) s = s.replace(/=+$/, '');
      return s;
    }
    case 'b64n': {
      for (let i = 0; i < n; i++) {
        s += B64[R.int(64)];
        if (R.chance(0.12))
          s += R.pick([
            '=',
            '==',
            '===',
            ' ',
            '\n',
            '\r\n',
            '\t',
            '-',
            '_',
            '.',
            '!',
            '*',
            '\u0000',
            '\u00e9',
            '\u0141',
            '\u2212',
            '\ud83d\ude00',
            ',',
          ]);
      }
      return s;
    }
    case 'hex': {
      for (let i = 0; i < n; i++) s += '0123456789abcdefABCDEF'[R.int(22)];
      return s;
    }
    case 'hexn': {
      for (let i = 0; i < n; i++) {
        s += '0123456789abcdefABCDEF'[R.int(22)];
        if (R.chance(0.06)) s += R.pick(['g', 'G', ' ', 'x', '\u0130', '\u0141', '\uff11', '\u0000', '-', '\u0661']);
      }
      return s;
    }
    case 'mix':
      for (let i = 0; i < n; i++) s += one(R.pick(['ascii', 'ascii', 'latin1', 'bmp', 'astral', 'lone', 'ctl']));
      return s;
    case 'lone':
      for (let i = 0; i < n; i++) s += one(R.pick(['lone', 'lone', 'ascii', 'astral']));
      return s;
    default:
      for (let i = 0; i < n; i++) s += one(kind);
      return s;
  }
}
const strFor = (e) => {
  e = e.toLowerCase();
  if (R.chance(0.25)) return str();
  if (e.startsWith('base64')) return str(R.pick(['b64', 'b64n']));
  if (e === 'hex') return str(R.pick(['hex', 'hex', 'hexn']));
  return str(R.pick(['ascii', 'latin1', 'bmp', 'mix', 'astral', 'lone', 'ctl']));
};
// ---- bytes ----
const NASTY = [
  [0xc0, 0x80],
  [0xc1, 0xbf],
  [0xe0, 0x80, 0x80],
  [0xe0, 0x9f, 0xbf],
  [0xed, 0xa0, 0x80],
  [0xed, 0xbf, 0xbf],
  [0xf0, 0x80, 0x80, 0x80],
  [0xf0, 0x8f, 0xbf, 0xbf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xfe],
  [0xff],
  [0x80],
  [0xbf],
  [0xc3],
  [0xe2, 0x82],
  [0xe2],
  [0xf0, 0x9f, 0x98],
  [0xf0, 0x9f],
  [0xf0],
  [0xef, 0xbb, 0xbf],
  [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
  [0xf4, 0x8f, 0xbf, 0xbf],
  [0xef, 0xbf, 0xbd],
  [0xe1, 0x80, 0x41],
  [0xf1, 0x80, 0x80, 0x41],
  [0, 0xd8],
  [0, 0xdc],
  [0x3d, 0xd8, 0, 0xde],
  [0x3d, 0xd8],
  [0],
];
function bytes(kind, n) {
  kind ??= R.pick(['rnd', 'rnd', 'ascii', 'utf8', 'utf8', 'nasty', 'nasty', 'u16', 'small', 'zero']);
  n ??= len();
  let o = [];
  switch (kind) {
    case 'rnd':
      for (let i = 0; i < n; i++) o.push(R.int(256));
      break;
    case 'ascii':
      for (let i = 0; i < n; i++) o.push(R.range(32, 126));
      break;
    case 'small':
      for (let i = 0; i < n; i++) o.push(R.range(0x61, 0x63));
      break;
    case 'zero':
      for (let i = 0; i < n; i++) o.push(0);
      break;
    case 'utf8':
      o = [...Buffer.from(str(R.pick(['mix', 'bmp', 'astral', 'latin1'])), 'utf8')];
      if (R.chance(0.4) && o.length) o = o.slice(R.int(2), o.length - R.int(3));
      break;
    case 'u16':
      o = [...Buffer.from(str(R.pick(['mix', 'lone', 'bmp', 'astral'])), 'utf16le')];
      if (R.chance(0.4)) o.push(R.int(256));
      break;
    case 'nasty':
      for (let i = 0, m = R.range(1, 6); i < m; i++)
        o.push(
          ...(R.chance(0.6)
            ? R.pick(NASTY)
            : R.chance(0.5)
              ? Buffer.from(R.pick(['é', '€', '😀', 'ß', '한']))
              : [R.range(32, 126)]),
        );
      break;
  }
  return Buffer.from(o);
}
const idx = (n) =>
  R.pick([
    0,
    0,
    1,
    n - 1,
    n,
    n + 1,
    n + 5,
    -1,
    -n,
    -n - 1,
    R.int(n + 1),
    R.int(n + 1),
    R.range(-n - 2, n + 2),
    2147483647,
    -2147483648,
  ]);
const jsIdx = (n) =>
  R.pick([1.5, -1.5, 0.9, n - 0.5, NaN, Infinity, -Infinity, -0, 4294967296, -4294967297, 9007199254740991]);
const pidx = (n) => (R.chance(0.08) ? [jsIdx(n), 'js'] : [idx(n), 'core']);
// ---- emit ----
const files = {};
let nextId = 0;
const counts = {};
const seen = new Set();
function emit(module, op, args, tier = 'core') {
  const key = module + op + JSON.stringify(args);
  if (seen.has(key)) return;
  seen.add(key); // no duplicates
  const rec = { id: `${module[0]}${nextId++}`, module, op, tier, args };
  // the executor gets an exact JSON copy, so what is printed is what was run
  rec.expect = run(module, op, JSON.parse(JSON.stringify(args)));
  (files[module] ??= []).push(JSON.stringify(rec));
  const k = module + '.' + op;
  counts[k] = (counts[k] ?? 0) + 1;
}
const E = (o) => {
  const r = {};
  for (const k of Object.keys(o)) if (o[k] !== undefined) r[k] = enc(o[k]);
  return r;
};
const section = (name, n, f) => {
  R = new Rng(name);
  for (let i = 0; i < Math.round(n * SCALE); i++) f(i);
};
const worst = (...t) => (t.includes('js') ? 'js' : 'core');

// ================= buffer =================
section('b.from_string', 3000, () => {
  const e = encName();
  emit('buffer', 'from_string', E({ str: strFor(e), enc: R.chance(0.05) ? undefined : e }));
});
section('b.from_string_long', 60, () => {
  const e = R.pick(ENC);
  let s = '';
  while (s.length < R.range(80, 400)) s += strFor(e);
  emit('buffer', 'from_string', E({ str: s, enc: e }));
});
section('b.byte_length', 1200, () => {
  const e = R.chance(0.06) ? 'nope' : encName();
  emit(
    'buffer',
    'byte_length',
    E({ str: strFor(e), enc: R.chance(0.05) ? undefined : e }),
    e === 'nope' ? 'js' : 'core',
  );
});
section('b.to_string', 3400, () => {
  const b = R.chance(0.5) ? bytes(R.pick(['nasty', 'utf8', 'rnd'])) : bytes();
  const e = encName();
  const a = { buf: b, enc: e };
  let t = 'core';
  if (R.chance(0.35)) {
    [a.start, t] = pidx(b.length);
    if (R.chance(0.7)) {
      let t2;
      [a.end, t2] = pidx(b.length);
      t = worst(t, t2);
    }
  }
  emit('buffer', 'to_string', E(a), t);
});
section('b.to_string_long', 80, () => {
  const o = [];
  while (o.length < R.range(100, 400)) o.push(...bytes());
  emit('buffer', 'to_string', E({ buf: Buffer.from(o), enc: R.pick(ENC) }));
});
section('b.write', 2500, () => {
  const n = R.range(0, 24),
    e = encName();
  const a = { buf: Buffer.alloc(n, 0x2e), str: strFor(e) };
  let t = 'core';
  const f = R.int(4);
  if (f >= 1) {
    a.offset = R.chance(0.85) ? R.range(0, n) : idx(n);
    if (R.chance(0.02)) {
      a.offset = jsIdx(n);
      t = 'js';
    }
  }
  if (f >= 2) {
    a.length = R.chance(0.85) ? R.range(0, n) : idx(n);
  }
  if (f !== 1 || R.chance(0.7)) a.enc = e;
  emit('buffer', 'write', E(a), t);
});
section('b.fill', 1500, () => {
  const n = R.range(0, 20),
    e = encName();
  const a = { buf: Buffer.alloc(n, 0x2e) };
  let t = 'core';
  const v = R.int(4);
  if (v === 0) a.value = R.pick([0, 1, 65, 255, 256, 257, 511, -1, -128, 65536 + 66, 2147483647]);
  else if (v === 1) {
    a.value = bytes(undefined, R.range(0, 5));
    if (a.value.length > 6) a.value = a.value.subarray(0, 6);
  } else a.value = R.chance(0.15) ? '' : strFor(e).slice(0, R.range(1, 8));
  if (R.chance(0.05)) {
    a.value = R.pick([1.7, NaN, true, false, Infinity, -1.5]);
    t = 'js';
  }
  if (R.chance(0.55)) {
    a.start = R.chance(0.8) ? R.range(0, n) : idx(n);
    if (R.chance(0.7)) a.end = R.chance(0.8) ? R.range(0, n) : idx(n);
  }
  if (typeof a.value === 'string') a.enc = e;
  emit('buffer', 'fill', E(a), t);
});
section('b.alloc', 500, () => {
  const e = encName();
  const a = { size: R.chance(0.04) ? R.pick([-1, -100]) : R.range(0, 24) };
  if (R.chance(0.85)) {
    a.fill = R.chance(0.3)
      ? R.pick([0, 1, 255, 256, -1, 97])
      : R.chance(0.25)
        ? bytes(undefined, 3)
        : strFor(e).slice(0, 9);
    if (typeof a.fill === 'string') a.enc = e;
  }
  emit('buffer', 'alloc', E(a));
});
function searchCase(op) {
  const e = R.pick(ENC);
  const k = R.pick(['small', 'small', 'ascii', 'utf8', 'u16', 'rnd']);
  const b = bytes(k, R.range(0, 30));
  const a = { buf: b };
  let t = 'core';
  const v = R.int(5);
  if (v === 0)
    a.value =
      b.length && R.chance(0.7)
        ? b[R.int(b.length)] + R.pick([0, 0, 0, 256, -256])
        : R.pick([0, 97, 255, 256, -1, 353, -159]);
  else if (v === 1) {
    const s = R.int(b.length + 1);
    a.value = R.chance(0.75) ? Buffer.from(b.subarray(s, s + R.range(0, 5))) : bytes('small', R.range(0, 3));
  } else {
    const s = R.int(b.length + 1);
    const sub = b.subarray(s, s + R.range(0, 6));
    a.enc = R.chance(0.15) ? R.pick(ALIAS[e]) : e;
    a.value = R.chance(0.75) ? sub.toString(e) : strFor(e).slice(0, 3);
  }
  if (v === 0 && R.chance(0.06)) {
    a.value = R.pick([97.5, 97.99, NaN, 353.2, -1.5]);
    t = 'js';
  }
  if (R.chance(0.6)) {
    let t2;
    [a.offset, t2] = pidx(b.length);
    t = worst(t, t2);
  }
  emit('buffer', op, E(a), t);
}
section('b.index_of', 2600, () => searchCase('index_of'));
section('b.last_index_of', 2200, () => searchCase('last_index_of'));
section('b.includes', 400, () => searchCase('includes'));
const pair = () => {
  const a = bytes(R.pick(['small', 'rnd', 'ascii']), R.range(0, 12));
  const b = R.chance(0.6) ? Buffer.from(a) : bytes('small', R.range(0, 12));
  if (b.length && R.chance(0.4)) b[R.int(b.length)] ^= R.pick([1, 0x80]);
  return [a, R.chance(0.3) ? b.subarray(0, R.int(b.length + 1)) : b];
};
section('b.compare', 500, () => {
  const [a, b] = pair();
  emit('buffer', 'compare', E({ a, b }));
});
section('b.equals', 200, () => {
  const [a, b] = pair();
  emit('buffer', 'equals', E({ a, b }));
});
section('b.compare_range', 1200, () => {
  const [a, b] = pair();
  const x = (n) => (R.chance(0.85) ? R.range(0, n) : R.pick([n + 1, -1, n + 3, 2147483648]));
  const o = { a, b };
  const f = R.range(1, 4);
  o.ts = x(b.length);
  if (f > 1) o.te = x(b.length);
  if (f > 2) o.ss = x(a.length);
  if (f > 3) o.se = x(a.length);
  emit('buffer', 'compare_range', E(o));
});
section('b.concat', 500, () => {
  const list = [];
  for (let i = R.int(6); i > 0; i--) list.push(bytes('rnd', R.int(8)));
  const sum = list.reduce((x, y) => x + y.length, 0);
  emit(
    'buffer',
    'concat',
    E({
      list,
      total: R.chance(0.5) ? R.pick([0, sum, sum + 1, sum + 7, Math.max(0, sum - 1), R.int(sum + 4)]) : undefined,
    }),
  );
});
section('b.copy', 1200, () => {
  const src = bytes('rnd', R.int(14)),
    dst = Buffer.alloc(R.int(14), 0x2e);
  const x = (n) => (R.chance(0.85) ? R.range(0, n) : idx(n));
  const o = { src, dst };
  const f = R.int(4);
  if (f > 0) o.ts = x(dst.length);
  if (f > 1) o.ss = x(src.length);
  if (f > 2) o.se = x(src.length);
  emit('buffer', 'copy', E(o));
});
section('b.copy_self', 300, () => {
  const n = R.range(1, 14);
  emit('buffer', 'copy_self', E({ buf: bytes('rnd', n), ts: R.int(n + 1), ss: R.int(n + 1), se: R.int(n + 2) }));
});
section('b.slice', 900, () => {
  const buf = bytes('rnd', R.int(12));
  const o = { buf };
  let t = 'core',
    t2;
  if (R.chance(0.9)) [o.start, t] = pidx(buf.length);
  if (o.start !== undefined && R.chance(0.75)) {
    [o.end, t2] = pidx(buf.length);
    t = worst(t, t2);
  }
  emit('buffer', 'slice', E(o), t);
});
section('b.alias', 200, () => {
  const buf = bytes('rnd', R.range(1, 12));
  const s = R.int(buf.length),
    e = R.range(s, buf.length);
  emit('buffer', 'alias', {
    ...E({ buf, start: s, end: e }),
    pokes: [
      [R.int(4), R.int(256)],
      [R.int(8), R.int(256)],
    ],
  });
});
section('b.swap', 350, () => {
  const w = R.pick([16, 32, 64]);
  const m = w / 8;
  emit('buffer', 'swap', E({ buf: bytes('rnd', R.chance(0.75) ? m * R.int(6) : R.int(20)), width: w }));
});
const FIX = {
  UInt8: 1,
  Int8: 1,
  UInt16LE: 2,
  UInt16BE: 2,
  Int16LE: 2,
  Int16BE: 2,
  UInt32LE: 4,
  UInt32BE: 4,
  Int32LE: 4,
  Int32BE: 4,
  BigUInt64LE: 8,
  BigUInt64BE: 8,
  BigInt64LE: 8,
  BigInt64BE: 8,
  FloatLE: 4,
  FloatBE: 4,
  DoubleLE: 8,
  DoubleBE: 8,
};
const FK = Object.keys(FIX);
section('b.read', 2600, () => {
  const k = R.pick(FK),
    w = FIX[k];
  const n = R.chance(0.15) ? R.range(0, 7) : R.range(8, 14);
  const buf = bytes('rnd', n);
  if (R.chance(0.15)) buf.fill(R.pick([0, 0xff, 0x80, 0x7f]));
  const o = { buf, fn: 'read' + k };
  let t = 'core';
  if (R.chance(0.9)) {
    o.offset = R.chance(0.7) && n >= w ? R.range(0, n - w) : R.pick([n, n - w + 1, -1, n + 1, 0]);
    if (R.chance(0.05)) {
      o.offset = R.pick([0.5, NaN, Infinity, -0, 1.5]);
      t = 'js';
    }
  }
  emit('buffer', 'read', E(o), t);
});
section('b.read_var', 1500, () => {
  const fn = R.pick(['readUIntLE', 'readUIntBE', 'readIntLE', 'readIntBE']);
  const n = R.chance(0.15) ? R.range(0, 5) : R.range(6, 14);
  const buf = bytes('rnd', n);
  if (R.chance(0.2)) buf.fill(R.pick([0, 0xff, 0x80, 0x7f]));
  const l = R.chance(0.93) ? R.range(1, 6) : R.pick([0, 7, -1, 8]);
  const o = {
    buf,
    fn,
    offset: R.chance(0.8) && n >= l ? R.range(0, Math.max(0, n - l)) : R.pick([n, -1, n + 1, n - l + 1]),
    len: l,
  };
  emit('buffer', 'read', E(o));
});
const numFor = (w, signed) => {
  const hi = 2 ** (8 * w - (signed ? 1 : 0)) - 1,
    lo = signed ? -(2 ** (8 * w - 1)) : 0;
  return R.pick([
    0,
    1,
    -1,
    hi,
    lo,
    hi + 1,
    lo - 1,
    R.range(0, Math.min(hi, 255)),
    lo + Math.floor((hi - lo) * (R.u32() / 4294967296)),
    lo + Math.floor((hi - lo) * (R.u32() / 4294967296)),
    lo + Math.floor((hi - lo) * (R.u32() / 4294967296)),
    Math.floor(hi / 2),
    hi * 2,
  ]);
};
const f64 = () => {
  const d = new DataView(new ArrayBuffer(8));
  d.setUint32(0, R.u32());
  d.setUint32(4, R.u32());
  const v = d.getFloat64(0);
  return R.pick([
    0,
    -0,
    1,
    -1,
    0.1,
    1e300,
    -1e300,
    1e-310,
    3.4028234663852886e38,
    3.4028235677973366e38,
    1.1754943508222875e-38,
    1e-45,
    7e-46,
    Infinity,
    -Infinity,
    NaN,
    Math.PI,
    16777217,
    v,
    v,
    v,
    v,
  ]);
};
section('b.write_num', 2600, () => {
  const k = R.pick(FK),
    w = FIX[k];
  const n = R.chance(0.15) ? R.range(0, 7) : R.range(8, 14);
  const o = { buf: Buffer.alloc(n, 0x2e), fn: 'write' + k };
  let t = 'core';
  if (k.startsWith('Float') || k.startsWith('Double')) o.value = f64();
  else if (k.startsWith('Big')) {
    const s = k.startsWith('BigInt');
    const hi = (1n << (s ? 63n : 64n)) - 1n,
      lo = s ? -(1n << 63n) : 0n;
    o.value = R.pick([0n, 1n, -1n, hi, lo, hi + 1n, lo - 1n, R.big(63), s ? -R.big(63) : R.big(64), R.big(64)]);
  } else {
    o.value = numFor(w, k.startsWith('Int'));
    if (R.chance(0.05)) {
      o.value = R.pick([1.9, -0.9, NaN, 254.999]);
      t = 'js';
    }
  }
  if (R.chance(0.9)) o.offset = R.chance(0.75) && n >= w ? R.range(0, n - w) : R.pick([n, n - w + 1, -1, n + 1]);
  emit('buffer', 'write_num', E(o), t);
});
section('b.write_var', 1500, () => {
  const s = R.chance(0.5);
  const fn = (s ? 'writeInt' : 'writeUInt') + R.pick(['LE', 'BE']);
  const n = R.chance(0.15) ? R.range(0, 5) : R.range(6, 14);
  const l = R.chance(0.93) ? R.range(1, 6) : R.pick([0, 7, -1]);
  emit(
    'buffer',
    'write_num',
    E({
      buf: Buffer.alloc(n, 0x2e),
      fn,
      value: numFor(Math.min(6, Math.max(1, l)), s),
      offset: R.chance(0.8) && n >= l ? R.range(0, Math.max(0, n - l)) : R.pick([n, -1, n + 1]),
      len: l,
    }),
  );
});
section('b.transcode', 800, () => {
  const T = ['utf8', 'ucs2', 'utf16le', 'latin1', 'binary', 'ascii'];
  const from = R.chance(0.04) ? R.pick(['hex', 'base64', 'b']) : R.pick(T);
  const src =
    from === 'utf8'
      ? bytes(R.pick(['utf8', 'nasty', 'ascii']))
      : from[0] === 'u'
        ? bytes('u16')
        : bytes(R.pick(['rnd', 'ascii']));
  emit('buffer', 'transcode', E({ src, from, to: R.pick(T) }));
});
section('b.is_utf8', 500, () =>
  emit('buffer', 'is_utf8', E({ buf: bytes(R.pick(['utf8', 'utf8', 'nasty', 'ascii', 'rnd'])) })),
);
section('b.is_ascii', 150, () => {
  const buf = bytes('ascii');
  if (buf.length && R.chance(0.4)) buf[R.int(buf.length)] |= 0x80;
  emit('buffer', 'is_ascii', E({ buf }));
});
section('b.atob', 600, () =>
  emit('buffer', 'atob', E({ str: str(R.pick(['b64', 'b64', 'b64n', 'b64n', 'ascii', 'mix'])) })),
);
section('b.btoa', 250, () => emit('buffer', 'btoa', E({ str: str(R.pick(['ascii', 'latin1', 'mix', 'ctl'])) })));
section('b.from_array', 300, () => {
  const items = [];
  for (let i = R.int(10); i > 0; i--)
    items.push(R.pick([R.int(256), R.range(-300, 600), 256, 257, -1, 255, 2147483648, -2147483649, 4294967297]));
  let t = 'core';
  if (R.chance(0.15)) {
    items.push(R.pick([1.9, -1.9, NaN, Infinity]));
    t = 'js';
  }
  emit('buffer', 'from_array', E({ items }), t);
});
section('b.is_encoding', 1 / SCALE, () => {
  for (const n of [
    'utf8',
    'UTF8',
    'utf-8',
    'UTF-8',
    'uTf-8',
    'hex',
    'HEX',
    'Hex',
    'ascii',
    'ASCII',
    'latin1',
    'LATIN1',
    'binary',
    'BINARY',
    'base64',
    'BASE64',
    'base64url',
    'BASE64URL',
    'ucs2',
    'UCS2',
    'ucs-2',
    'UCS-2',
    'utf16le',
    'UTF16LE',
    'utf-16le',
    'UTF-16LE',
    'utf16',
    'utf-16be',
    '',
    ' utf8',
    'utf8 ',
    'buffer',
    'utf-7',
    'latin-1',
    'iso-8859-1',
    'base-64',
    'ucs4',
    'utf32',
    'bin',
    'raw',
    'utf_8',
  ])
    emit('buffer', 'is_encoding', E({ name: n }));
});
section('b.inspect', 120, () => {
  const n = R.pick([0, 1, 2, 10, 49, 50, 51, 52, 60, 100]);
  emit('buffer', 'inspect', E({ buf: bytes('rnd', n) }));
});
section('b.to_json', 60, () => emit('buffer', 'to_json', E({ buf: bytes('rnd', R.int(12)) })));
section('b.pool', 200, () => {
  const steps = [];
  for (let i = R.range(1, 8); i > 0; i--) {
    const k = R.pick([
      'allocUnsafe',
      'allocUnsafe',
      'from_string',
      'from_array',
      'from_buffer',
      'alloc',
      'allocUnsafeSlow',
      'concat',
    ]);
    const n = R.pick([0, 1, 3, 7, 8, 9, 100, 1000, 4094, 4095, 4096, 4097, 2048, 5000, R.int(4100)]);
    steps.push(k === 'concat' ? [k, [R.int(600), R.int(600)]] : [k, n]);
  }
  emit('buffer', 'pool', { steps });
});

// ================= string_decoder =================
section('sd', 3000, () => {
  const e = R.chance(0.15)
    ? R.pick(ALIAS[R.pick(ENC)])
    : R.pick(['utf8', 'utf8', 'utf8', 'utf16le', 'utf16le', 'base64', 'base64url', 'hex', 'latin1', 'ascii']);
  const u16 = /^(u.?t.?f.?-?16|ucs)/i.test(e);
  let data = [];
  for (let i = R.range(1, 3); i > 0; i--)
    data.push(
      ...(u16
        ? bytes(R.pick(['u16', 'u16', 'rnd']))
        : bytes(R.pick(['utf8', 'utf8', 'nasty', 'nasty', 'rnd', 'ascii']))),
    );
  data = Buffer.from(data.slice(0, 48));
  const steps = [];
  let p = 0;
  const fine = R.chance(0.5);
  while (p < data.length) {
    const n = Math.min(data.length - p, fine ? R.range(0, 3) : R.range(1, 9));
    steps.push(['w', data.subarray(p, p + n).toString('hex')]);
    p += n;
  }
  if (steps.length && R.chance(0.25)) steps[steps.length - 1][0] = 'e';
  else steps.push(['e', null]);
  if (R.chance(0.2)) {
    steps.push(['w', bytes('nasty').toString('hex')]);
    steps.push(['e', null]);
    if (R.chance(0.3)) steps.push(['e', null]);
  }
  emit('string_decoder', 'program', { enc: e, steps });
});
section('sd.exhaustive', 1 / SCALE, () => {
  for (const [e, h] of [
    ['utf8', 'e282ac'],
    ['utf8', 'f09f9880'],
    ['utf8', 'c3a9'],
    ['utf8', 'eda080'],
    ['utf8', 'f0908041'],
    ['utf8', 'e18041'],
    ['utf8', 'efbbbf41'],
    ['utf8', 'f4908080'],
    ['utf16le', '3dd800de'],
    ['utf16le', '3dd83dd800de'],
    ['utf16le', '00de41'],
    ['base64', '010203040506'],
    ['base64url', 'fbfffefbff'],
  ]) {
    const n = h.length / 2;
    for (let m = 0; m < 1 << (n - 1); m++) {
      const steps = [];
      let s = 0;
      for (let i = 1; i <= n; i++)
        if (i === n || (m >> (i - 1)) & 1) {
          steps.push(['w', h.slice(s * 2, i * 2)]);
          s = i;
        }
      steps.push(['e', null]);
      emit('string_decoder', 'program', { enc: e, steps });
      for (let c = 1; c < n && m === 0; c++)
        emit('string_decoder', 'program', {
          enc: e,
          steps: [
            ['w', h.slice(0, c * 2)],
            ['e', null],
          ],
        });
    }
  }
});

// ================= crypto =================
const HCORE = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'],
  HEDGE = [
    'sha512-256',
    'sha512-224',
    'sha3-224',
    'sha3-256',
    'sha3-384',
    'sha3-512',
    'blake2b512',
    'blake2s256',
    'ripemd160',
    'RSA-SHA256',
    'SHA256',
    'Sha1',
    'rmd160',
    'sm3',
    'md5-sha1',
  ];
const OUTENC = [null, 'hex', 'hex', 'base64', 'base64url', 'latin1', 'binary', 'utf8', 'utf16le', 'ascii', 'buffer'];
const chunkStep = () => {
  if (R.chance(0.5))
    return ['update', enc(bytes(undefined, R.chance(0.05) ? R.range(100, 300) : undefined)), null, null];
  const e = R.pick([null, 'utf8', 'hex', 'base64', 'latin1', 'utf16le', 'ascii', 'base64url']);
  return ['update', enc(strFor(e ?? 'utf8')), e, null];
};
section('c.hash', 1500, () => {
  const core = R.chance(0.75);
  const alg = R.pick(core ? HCORE : HEDGE);
  const steps = [];
  for (let i = R.int(4); i > 0; i--) steps.push(chunkStep());
  if (R.chance(0.1)) steps.push(['copy_digest', 'hex']);
  if (R.chance(0.1)) steps.push(chunkStep());
  steps.push(['digest', R.pick(OUTENC)]);
  if (R.chance(0.08)) steps.push(R.chance(0.5) ? ['digest', 'hex'] : ['update', 'x', null, null]);
  emit('crypto', 'hash', { alg, steps }, core ? 'core' : 'edge');
});
section('c.hash_block', 1 / SCALE, () => {
  for (const alg of HCORE)
    for (const n of [0, 1, 55, 56, 57, 63, 64, 65, 111, 112, 113, 119, 120, 127, 128, 129, 1000])
      emit('crypto', 'hash', {
        alg,
        steps: [
          ['update', { b: Buffer.alloc(n, 0x61).toString('hex') }, null, null],
          ['digest', 'hex'],
        ],
      });
  for (const [alg, n] of [
    ['shake128', 5],
    ['shake128', 64],
    ['shake256', 0],
    ['shake256', 100],
    ['sha256', 32],
    ['sha256', 31],
  ])
    emit(
      'crypto',
      'hash',
      {
        alg,
        opts: { outputLength: n },
        steps: [
          ['update', 'abc', null, null],
          ['digest', 'hex'],
        ],
      },
      'edge',
    );
  for (const alg of ['nope', '', 'sha', 'sha257']) emit('crypto', 'hash', { alg, steps: [['digest', 'hex']] });
});
section('c.hmac', 1000, () => {
  const core = R.chance(0.8);
  const alg = R.pick(core ? HCORE : ['sha3-256', 'blake2b512', 'ripemd160', 'sha512-256']);
  const key = R.chance(0.6)
    ? bytes('rnd', R.pick([0, 1, 16, 20, 32, 63, 64, 65, 127, 128, 129, 150]))
    : str(R.pick(['ascii', 'mix']));
  const steps = [];
  for (let i = R.int(4); i > 0; i--) steps.push(chunkStep());
  steps.push(['digest', R.pick(OUTENC)]);
  if (R.chance(0.1)) steps.push(R.chance(0.5) ? ['digest', 'hex'] : ['update', 'x', null, null]);
  emit('crypto', 'hmac', { alg, key: enc(key), steps }, core ? 'core' : 'edge');
});
const CIPH_CORE = [
  'aes-128-cbc',
  'aes-192-cbc',
  'aes-256-cbc',
  'aes-128-ecb',
  'aes-256-ecb',
  'aes-128-ctr',
  'aes-256-ctr',
  'aes-128-gcm',
  'aes-192-gcm',
  'aes-256-gcm',
  'chacha20-poly1305',
  'des-ede3-cbc',
];
const CIPH_EDGE = [
  'aes-192-ecb',
  'aes-192-ctr',
  'aes-128-cfb',
  'aes-256-cfb',
  'aes-128-cfb8',
  'aes-256-cfb8',
  'aes-128-cfb1',
  'aes-128-ofb',
  'aes-256-ofb',
  'aes-128-ccm',
  'aes-256-ccm',
  'aes-128-ocb',
  'aes-256-ocb',
  'des-ede3',
  'des-ede-cbc',
  'des-ede3-cfb',
  'des-ede3-ofb',
  'chacha20',
  'aria-128-cbc',
  'camellia-256-cbc',
  'sm4-cbc',
  'id-aes256-wrap',
  'AES-256-CBC',
  'aes256',
];
function cipherCase(alg, tier) {
  const info = crypto.getCipherInfo(alg);
  const mode = info.mode;
  const aead = ['gcm', 'ccm', 'ocb'].includes(mode) || alg === 'chacha20-poly1305';
  const key = bytes('rnd', info.keyLength);
  let ivl = info.ivLength;
  if (mode === 'gcm' && R.chance(0.2)) ivl = R.pick([8, 1, 13, 16, 32]);
  if (mode === 'ccm') ivl = R.range(7, 13);
  const iv = ivl ? bytes('rnd', ivl) : null;
  const opts =
    aead && (mode !== 'gcm' || R.chance(0.3))
      ? {
          authTagLength:
            mode === 'ocb'
              ? R.pick([8, 12, 16])
              : mode === 'gcm'
                ? R.pick([4, 8, 12, 13, 14, 15, 16])
                : mode === 'ccm'
                  ? R.pick([4, 8, 12, 16])
                  : 16,
        }
      : undefined;
  const plain = bytes('rnd', R.pick([0, 1, 7, 8, 15, 16, 17, 31, 32, 33, 48, 60]));
  const aad = aead && R.chance(0.6) ? bytes('rnd', R.pick([0, 1, 12, 20])) : null;
  const base = { alg, key: enc(key), iv: iv === null ? null : enc(iv), ...(opts ? { opts } : {}) };
  const noPad = !aead && ['cbc', 'ecb'].includes(mode) && R.chance(0.25);
  const oneShot = mode === 'ccm' || mode === 'wrap';
  const data =
    mode === 'wrap'
      ? bytes('rnd', R.pick([16, 24, 32]))
      : noPad && R.chance(0.7)
        ? plain.subarray(0, plain.length - (plain.length % (info.blockSize ?? 1)))
        : plain;
  const chunked = (buf, textual) => {
    const st = [];
    if (oneShot) return [['update', enc(buf), null, null]];
    let p = 0;
    while (p < buf.length) {
      const n = Math.min(buf.length - p, R.range(1, 24));
      const c = Buffer.from(buf.subarray(p, p + n));
      p += n;
      if (textual && R.chance(0.3)) {
        const ie = R.pick(['hex', 'base64', 'latin1']);
        st.push(['update', enc(c.toString(ie)), ie, null]);
      } else st.push(['update', enc(c), null, null]);
    }
    return st;
  };
  const steps = [];
  if (noPad) steps.push(['auto_padding', false]);
  if (aad) steps.push(mode === 'ccm' ? ['aad', enc(aad), { plaintextLength: data.length }] : ['aad', enc(aad)]);
  steps.push(...chunked(data, true));
  if (oneShot && data.length === 0) steps.length && 0;
  const oenc = R.pick([null, null, 'hex', 'base64', 'latin1']);
  if (oenc) for (const s of steps) if (s[0] === 'update') s[3] = oenc;
  steps.push(['final', oenc]);
  if (aead) steps.push(['get_tag']);
  if (R.chance(0.08))
    steps.push(
      R.pick([
        ['final', null],
        ['update', { b: '00' }, null, null],
      ]),
    );
  emit('crypto', 'cipher', { dir: 'enc', ...base, steps }, tier);
  // a matching decrypt (computed with real node), often damaged
  let ct, tag;
  try {
    const c = crypto.createCipheriv(alg, key, iv, opts);
    if (noPad) c.setAutoPadding(false);
    if (aad) c.setAAD(aad, mode === 'ccm' ? { plaintextLength: data.length } : undefined);
    ct = Buffer.concat([c.update(data), c.final()]);
    if (aead) tag = c.getAuthTag();
  } catch {
    return;
  }
  const ds = [];
  const dmg = R.chance(0.35) ? R.pick(['ct', 'tag', 'aad', 'trunc', 'late_tag', 'no_tag']) : '';
  if (dmg === 'ct' && ct.length) ct[R.int(ct.length)] ^= 1 << R.int(8);
  if (dmg === 'trunc' && ct.length) ct = ct.subarray(0, ct.length - 1);
  if (dmg === 'tag' && tag) tag[0] ^= 1;
  if (noPad) ds.push(['auto_padding', false]);
  if (aead && dmg !== 'late_tag' && dmg !== 'no_tag') ds.push(['set_tag', enc(tag)]);
  if (aad) {
    const a2 = Buffer.from(aad);
    if (dmg === 'aad' && a2.length) a2[0] ^= 1;
    ds.push(mode === 'ccm' ? ['aad', enc(a2), { plaintextLength: ct.length }] : ['aad', enc(a2)]);
  }
  // AEAD decrypt with a bad tag still releases unauthenticated plaintext from update(); record it, that is Node's behaviour.
  ds.push(...chunked(ct, true));
  if (aead && dmg === 'late_tag') ds.push(['set_tag', enc(tag)]);
  ds.push(['final', null]);
  if (R.chance(0.05)) ds.push(['final', null]);
  emit('crypto', 'cipher', { dir: 'dec', ...base, steps: ds }, tier);
}
section('c.cipher_core', 1100, () => cipherCase(R.pick(CIPH_CORE), 'core'));
section('c.cipher_edge', 450, () => cipherCase(R.pick(CIPH_EDGE), 'edge'));
section('c.cipher_bad', 1 / SCALE, () => {
  for (const dir of ['enc', 'dec'])
    for (const alg of [
      'aes-128-cbc',
      'aes-256-cbc',
      'aes-128-ecb',
      'aes-256-gcm',
      'chacha20-poly1305',
      'des-ede3-cbc',
      'aes-128-ctr',
      'aes-128-ccm',
    ]) {
      const i = crypto.getCipherInfo(alg);
      for (const dk of [-1, 1, -i.keyLength])
        emit('crypto', 'cipher', {
          dir,
          alg,
          key: { b: '00'.repeat(i.keyLength + dk) },
          iv: i.ivLength ? { b: '00'.repeat(i.ivLength) } : null,
          opts: { authTagLength: 16 },
          steps: [],
        });
      for (const n of [0, 1, (i.ivLength ?? 0) - 1, (i.ivLength ?? 0) + 1, 16, 17])
        if (n >= 0)
          emit('crypto', 'cipher', {
            dir,
            alg,
            key: { b: '00'.repeat(i.keyLength) },
            iv: { b: '00'.repeat(n) },
            opts: { authTagLength: 16 },
            steps: [['update', { b: '00' }, null, 'hex']],
          });
      emit('crypto', 'cipher', {
        dir,
        alg,
        key: { b: '00'.repeat(i.keyLength) },
        iv: null,
        opts: { authTagLength: 16 },
        steps: [['final', 'hex']],
      });
    }
  for (const alg of ['nope', '', 'des-ecb', 'des-cbc', 'rc4', 'bf-cbc', 'aes-128-CBC', 'AES-128-cbc'])
    emit('crypto', 'cipher', {
      dir: 'enc',
      alg,
      key: { b: '00'.repeat(16) },
      iv: { b: '00'.repeat(16) },
      steps: [
        ['update', { b: '0102' }, null, 'hex'],
        ['final', 'hex'],
      ],
    });
  for (const t of [0, 1, 3, 4, 5, 11, 12, 16, 17])
    emit('crypto', 'cipher', {
      dir: 'enc',
      alg: 'aes-128-gcm',
      key: { b: '00'.repeat(16) },
      iv: { b: '00'.repeat(12) },
      opts: { authTagLength: t },
      steps: [['final', 'hex'], ['get_tag']],
    });
  emit('crypto', 'cipher', {
    dir: 'enc',
    alg: 'aes-128-gcm',
    key: { b: '00'.repeat(16) },
    iv: { b: '00'.repeat(12) },
    steps: [
      ['get_tag'],
      ['update', { b: '00' }, null, 'hex'],
      ['aad', { b: '01' }],
      ['final', 'hex'],
      ['get_tag'],
      ['get_tag'],
    ],
  });
  emit('crypto', 'cipher', {
    dir: 'enc',
    alg: 'aes-128-cbc',
    key: { b: '00'.repeat(16) },
    iv: { b: '00'.repeat(16) },
    steps: [['get_tag'], ['aad', { b: '01' }], ['final', 'hex'], ['auto_padding', false], ['final', 'hex']],
  });
  emit('crypto', 'cipher', {
    dir: 'dec',
    alg: 'aes-128-gcm',
    key: { b: '00'.repeat(16) },
    iv: { b: '00'.repeat(12) },
    steps: [
      ['set_tag', { b: '00'.repeat(5) }],
      ['set_tag', { b: '00'.repeat(16) }],
      ['set_tag', { b: '00'.repeat(16) }],
      ['final', null],
    ],
  });
  for (const n of [
    'aes-128-cbc',
    'aes-256-gcm',
    'chacha20-poly1305',
    'chacha20',
    'des-ede3-cbc',
    'aes-128-ecb',
    'aes-128-wrap',
    'aes-128-ccm',
    'aes-128-ctr',
    'nope',
    'AES-128-CBC',
    'aes128',
    'aes-256-cfb8',
    'aes-128-ocb',
  ])
    emit('crypto', 'cipher_info', { name: n });
  for (const [n, o] of [
    ['aes-128-cbc', { keyLength: 16 }],
    ['aes-128-cbc', { keyLength: 15 }],
    ['aes-128-gcm', { ivLength: 8 }],
    ['aes-128-ccm', { ivLength: 14 }],
    ['aes-128-ccm', { ivLength: 13 }],
    ['aes-128-cbc', { ivLength: 12 }],
  ])
    emit('crypto', 'cipher_info', { name: n, opts: o });
});
const KEYS = JSON.parse(readFileSync(new URL('./keys.json', import.meta.url)));
section('c.sign', 160, () => {
  if (R.chance(0.25)) return emit('crypto', 'sign', { key: 'ed25519', alg: null, oneshot: true, data: enc(bytes()) });
  const key = R.pick(['rsa1024', 'rsa2048']);
  const alg = R.pick(['RSA-SHA1', 'RSA-SHA256', 'sha256', 'sha512', 'SHA1', 'md5', 'RSA-SHA512']);
  const chunks = [];
  for (let i = R.int(4); i > 0; i--) chunks.push(enc(bytes()));
  emit('crypto', 'sign', { key, alg, chunks });
});
section('c.verify', 200, () => {
  if (R.chance(0.5)) {
    const k = R.pick(['p256', 'p384']);
    const s = R.pick(KEYS[k].sigs);
    const sig = Buffer.from(s.sig, 'hex');
    if (R.chance(0.4)) sig[R.int(sig.length)] ^= 1;
    return emit('crypto', 'verify', {
      key: k,
      alg: s.alg,
      dsaEncoding: s.dsaEncoding,
      chunks: [{ b: s.data }],
      sig: enc(sig),
    });
  }
  const k = R.pick(['rsa1024', 'rsa2048', 'ed25519']);
  const data = bytes();
  const alg = k === 'ed25519' ? null : R.pick(['sha256', 'sha1', 'sha512']);
  let sig = crypto.sign(alg, data, KEYS[k].priv);
  if (R.chance(0.3)) sig[R.int(sig.length)] ^= 1;
  if (R.chance(0.1)) sig = sig.subarray(1);
  emit(
    'crypto',
    'verify',
    k === 'ed25519'
      ? { key: k, alg, oneshot: true, data: enc(data), sig: enc(sig) }
      : { key: k, alg, chunks: [enc(data)], sig: enc(sig) },
  );
});
section('c.tse', 60, () => {
  const [a, b] = pair();
  emit('crypto', 'timing_safe_equal', { a: enc(a), b: enc(b) });
});
section('c.pbkdf2', 60, () =>
  emit(
    'crypto',
    'pbkdf2',
    {
      password: enc(str('mix')),
      salt: enc(bytes()),
      iterations: R.range(1, 20),
      keylen: R.int(70),
      digest: R.pick(['sha1', 'sha256', 'sha512', 'md5']),
    },
    'edge',
  ),
);
section('c.scrypt', 30, () =>
  emit(
    'crypto',
    'scrypt',
    {
      password: enc(str('ascii')),
      salt: enc(bytes()),
      keylen: R.range(1, 70),
      N: R.pick([2, 16, 64]),
      r: R.pick([1, 8]),
      p: R.pick([1, 2]),
    },
    'edge',
  ),
);
section('c.hkdf', 40, () =>
  emit(
    'crypto',
    'hkdf',
    {
      digest: R.pick(['sha1', 'sha256', 'sha512']),
      ikm: enc(bytes('rnd', R.range(1, 40))),
      salt: enc(bytes()),
      info: enc(bytes()),
      keylen: R.range(1, 80),
    },
    'edge',
  ),
);

// ================= events =================
const VALS = [0, 1, 2, 'x', 'y', true, null];
function program(profile) {
  const EV = R.pick([
    ['a', 'b'],
    ['a', 'b', 'c'],
    ['a', 'error'],
    ['a', '@s0', '@s1'],
    ['a', '1', '0', 'b'],
  ]);
  const lids = 'ABCDEF'.slice(0, R.range(2, 6)).split('');
  const ev = () => R.pick(EV),
    l = () => R.pick(lids);
  const emitAct = (op) => {
    const e = ev();
    const n = R.int(3);
    const xs = [];
    for (let i = 0; i < n; i++)
      xs.push(e === 'error' && i === 0 && R.chance(0.6) ? { e: 'E' + R.int(5) } : R.pick(VALS));
    return [op, e, ...xs];
  };
  const mutate = () => {
    const op = R.pick(['on', 'on', 'once', 'once', 'prepend', 'prepend_once', 'off', 'off', 'off']);
    return [op, ev(), l()];
  };
  const query = () =>
    R.pick([
      () => ['count', ev()],
      () => ['count_of', ev(), l()],
      () => ['names'],
      () => ['listeners', ev()],
      () => ['raw', ev()],
    ])();
  const listeners = {};
  for (const k of lids) {
    const acts = [];
    const n = profile === 'plain' ? 0 : R.int(4);
    for (let i = 0; i < n; i++) {
      const r = R.int(20);
      acts.push(
        r < 11
          ? mutate()
          : r < 14
            ? emitAct(R.pick(['emit', 'try_emit']))
            : r < 15
              ? ['remove_all', ev()]
              : r < 16
                ? R.chance(0.4)
                  ? ['remove_all_events']
                  : query()
                : r < 17
                  ? ['throw', 'T' + k]
                  : query(),
      );
    }
    listeners[k] = acts;
  }
  const main = [];
  const extra = [];
  if (profile === 'meta') {
    if (R.chance(0.75)) extra.push('newListener');
    if (R.chance(0.75)) extra.push('removeListener');
    if (EV.includes('error')) extra.push('@errorMonitor');
    for (const x of extra) main.push([R.pick(['on', 'on', 'once', 'prepend']), x, l()]);
  }
  if (profile === 'error') {
    for (let i = R.int(3); i > 0; i--)
      main.push([R.pick(['on', 'once', 'prepend']), R.pick(['error', '@errorMonitor', 'error']), l()]);
  }
  if (profile === 'max')
    main.push(
      R.chance(0.7)
        ? ['set_max', R.pick([0, 1, 2, 3, 4])]
        : R.chance(0.2)
          ? ['set_max', R.pick([-1, -5])]
          : ['get_max'],
    );
  for (let i = R.range(2, profile === 'max' ? 16 : 9); i > 0; i--)
    main.push(
      profile === 'max'
        ? [R.pick(['on', 'on', 'once', 'prepend', 'off']), R.chance(0.8) ? EV[0] : ev(), l()]
        : mutate(),
    );
  for (let i = R.range(1, 5); i > 0; i--) {
    main.push(
      profile === 'error' && R.chance(0.6)
        ? [
            'emit',
            'error',
            ...(R.chance(0.15) ? [] : [R.pick([{ e: 'boom' }, { e: '' }, 7, 'str', null, true])]),
            ...(R.chance(0.3) ? [1] : []),
          ]
        : emitAct('emit'),
    );
    if (R.chance(0.5)) main.push(mutate());
    if (R.chance(0.35)) main.push(query());
    if (R.chance(0.12)) main.push(R.pick([['remove_all', ev()], ['remove_all_events']]));
    if (R.chance(0.08)) main.push(['call_raw', ev(), R.int(3), R.pick(VALS)]);
  }
  main.push(['names'], ['raw', EV[0]]);
  if (profile === 'max') main.push(['get_max']);
  return { budget: R.pick([12, 25, 40]), max_depth: R.range(2, 4), listeners, main };
}
for (const [p, n] of [
  ['plain', 500],
  ['reentrant', 1500],
  ['meta', 700],
  ['error', 400],
  ['max', 300],
])
  section('e.' + p, n, () => emit('events', 'program', program(p), p === 'meta' ? 'edge' : 'core'));

mkdirSync(OUT, { recursive: true });
const manifest = {
  seed: SEED === 'public' ? 'public' : 'sha256:' + crypto.createHash('sha256').update(SEED).digest('hex').slice(0, 16),
  scale: SCALE,
  node: process.version,
  openssl: process.versions.openssl,
  files: {},
  counts,
};
for (const m of Object.keys(files)) {
  const t = files[m].join('\n') + '\n';
  writeFileSync(path.join(OUT, m + '.jsonl'), t);
  manifest.files[m + '.jsonl'] = {
    vectors: files[m].length,
    bytes: Buffer.byteLength(t),
    sha256: crypto.createHash('sha256').update(t).digest('hex'),
  };
}
manifest.total = Object.values(manifest.files).reduce((a, f) => a + f.vectors, 0);
writeFileSync(path.join(OUT, 'manifest.json'), JSON.stringify(manifest, null, 1));
console.log(JSON.stringify(manifest.files), manifest.total);
