// ops.mjs - executes one vector {module, op, args} against REAL Node and returns its encoded outcome.
// Shared by gen.mjs (makes vectors), live.mjs (answers a Rust fuzzer on stdin) and selftest.mjs.
import buffer, { Buffer } from 'node:buffer';
import { StringDecoder } from 'node:string_decoder';
import EventEmitter from 'node:events';
import crypto from 'node:crypto';
import util from 'node:util';
import { readFileSync } from 'node:fs';

// ---------- value codec (see README "Values") ----------
const wellFormed = (s) => s.isWellFormed();
export function enc(v) {
  if (v === undefined) return { u: 0 };
  if (v === null || typeof v === 'boolean') return v;
  if (typeof v === 'string') {
    if (wellFormed(v)) return v;
    let h = '';
    for (let i = 0; i < v.length; i++) h += v.charCodeAt(i).toString(16).padStart(4, '0');
    return { w: h };
  }
  if (typeof v === 'number') {
    if (Number.isSafeInteger(v) && !Object.is(v, -0)) return v;
    if (Number.isNaN(v)) return { f: 'nan' };
    const d = new DataView(new ArrayBuffer(8));
    d.setFloat64(0, v);
    return { f: d.getBigUint64(0).toString(16).padStart(16, '0') };
  }
  if (typeof v === 'bigint') return { i: v.toString() };
  if (v instanceof Uint8Array) return { b: Buffer.from(v.buffer, v.byteOffset, v.length).toString('hex') };
  if (Array.isArray(v)) return v.map(enc);
  throw new Error('cannot encode ' + util.inspect(v));
}
export function dec(v) {
  if (v === null || v === undefined || typeof v !== 'object') return v;
  if (Array.isArray(v)) return v.map(dec);
  if ('u' in v) return undefined;
  if ('w' in v) {
    let s = '';
    for (let i = 0; i < v.w.length; i += 4) s += String.fromCharCode(parseInt(v.w.slice(i, i + 4), 16));
    return s;
  }
  if ('f' in v) {
    if (v.f === 'nan') return NaN;
    const d = new DataView(new ArrayBuffer(8));
    d.setBigUint64(0, BigInt('0x' + v.f));
    return d.getFloat64(0);
  }
  if ('i' in v) return BigInt(v.i);
  if ('b' in v) return hex(v.b);
  throw new Error('cannot decode ' + JSON.stringify(v));
}
// bytes that never touch the Buffer pool
function hex(h) {
  const o = Buffer.alloc(h.length / 2);
  for (let i = 0; i < o.length; i++) o[i] = parseInt(h.substr(i * 2, 2), 16);
  return o;
}
export function errOf(e) {
  const o = { name: e.name };
  if (e.code !== undefined && typeof e.code !== 'number') o.code = e.code;
  o.message = e.message;
  if (e.reason !== undefined) o.reason = e.reason;
  return { throws: o };
}
const tail = (xs) => {
  while (xs.length && xs[xs.length - 1] === undefined) xs.pop();
  return xs;
};

// ---------- buffer ----------
const B = {
  from_string: (a) => Buffer.from(...tail([a.str, a.enc])),
  byte_length: (a) => Buffer.byteLength(...tail([a.str, a.enc])),
  to_string: (a) => a.buf.toString(...tail([a.enc, a.start, a.end])),
  write: (a) => {
    const p = [a.str];
    for (const k of ['offset', 'length', 'enc']) if (k in a) p.push(a[k]);
    const ret = a.buf.write(...p);
    return { ret, buf: a.buf };
  },
  fill: (a) => {
    const p = [a.value];
    for (const k of ['start', 'end', 'enc']) if (k in a) p.push(a[k]);
    a.buf.fill(...p);
    return a.buf;
  },
  alloc: (a) => Buffer.alloc(...tail([a.size, a.fill, a.enc])),
  index_of: (a) => srch('indexOf', a),
  last_index_of: (a) => srch('lastIndexOf', a),
  includes: (a) => srch('includes', a),
  compare: (a) => Buffer.compare(a.a, a.b),
  compare_range: (a) => a.a.compare(...tail([a.b, a.ts, a.te, a.ss, a.se])),
  equals: (a) => a.a.equals(a.b),
  concat: (a) => Buffer.concat(...tail([a.list, a.total])),
  copy: (a) => {
    const ret = a.src.copy(...tail([a.dst, a.ts, a.ss, a.se]));
    return { ret, dst: a.dst };
  },
  copy_self: (a) => {
    const ret = a.buf.copy(a.buf, a.ts, a.ss, a.se);
    return { ret, buf: a.buf };
  },
  slice: (a) => a.buf.subarray(...tail([a.start, a.end])),
  alias: (a) => {
    const s = a.buf.slice(a.start, a.end);
    for (const [i, v] of a.pokes) if (i < s.length) s[i] = v;
    return { parent: a.buf, slice: s };
  },
  swap: (a) => a.buf['swap' + a.width](),
  read: (a) => a.buf[a.fn](...tail([a.offset, a.len])),
  write_num: (a) => {
    const ret = a.buf[a.fn](...tail([a.value, a.offset, a.len]));
    return { ret, buf: a.buf };
  },
  transcode: (a) => buffer.transcode(a.src, a.from, a.to),
  is_utf8: (a) => buffer.isUtf8(a.buf),
  is_ascii: (a) => buffer.isAscii(a.buf),
  atob: (a) => buffer.atob(a.str),
  btoa: (a) => buffer.btoa(a.str),
  from_array: (a) => Buffer.from(a.items),
  is_encoding: (a) => Buffer.isEncoding(a.name),
  inspect: (a) => util.inspect(a.buf),
  to_json: (a) => JSON.stringify(a.buf),
  pool: (a) => pool(a.steps),
};
function srch(m, a) {
  const p = [a.value];
  for (const k of ['offset', 'enc']) if (k in a) p.push(a[k]);
  return a.buf[m](...p);
}
function pool(steps) {
  // normalise: burn until a 4095-byte request lands at offset 0 of a new slab; then the slab's fill is 4096.
  const rec = [],
    keep = [];
  let b;
  do {
    b = Buffer.allocUnsafe(4095);
  } while (b.byteOffset !== 0);
  let cur = b.buffer;
  const poolSize = Buffer.poolSize;
  const lists = steps.map((s) => (s[0] === 'concat' ? s[1].map((n) => new Uint8Array(n)) : null));
  for (let i = 0; i < steps.length; i++) {
    const [k, n] = steps[i];
    let x;
    if (k === 'allocUnsafe') x = Buffer.allocUnsafe(n);
    else if (k === 'alloc') x = Buffer.alloc(n);
    else if (k === 'allocUnsafeSlow') x = Buffer.allocUnsafeSlow(n);
    else if (k === 'from_string') x = Buffer.from('x'.repeat(n), 'latin1');
    else if (k === 'from_array') x = Buffer.from(new Array(n).fill(7));
    else if (k === 'from_buffer') x = Buffer.from(new Uint8Array(n));
    else if (k === 'concat') x = Buffer.concat(lists[i]);
    keep.push(x);
    const pooled = x.buffer.byteLength === poolSize && n !== poolSize && k !== 'alloc' && k !== 'allocUnsafeSlow';
    let fresh = false;
    if (pooled && x.buffer !== cur) {
      fresh = true;
      cur = x.buffer;
    }
    rec.push([pooled, pooled ? x.byteOffset : 0, fresh]);
  }
  return { raw: rec };
}
function encOut(v) {
  if (v && typeof v === 'object' && !Array.isArray(v) && !(v instanceof Uint8Array)) {
    if ('raw' in v) return v.raw;
    const o = {};
    for (const k of Object.keys(v)) o[k] = enc(v[k]);
    return o;
  }
  return enc(v);
}
// ---------- string_decoder ----------
function decoder(a) {
  const d = new StringDecoder(a.enc);
  const out = [];
  for (const [k, h] of a.steps) out.push(enc(k === 'w' ? d.write(hex(h)) : h === null ? d.end() : d.end(hex(h))));
  return out;
}
// ---------- crypto ----------
let KEYS;
const keys = () => (KEYS ??= JSON.parse(readFileSync(new URL('./keys.json', import.meta.url))));
function traced(steps, f) {
  const out = [];
  for (const s of steps) {
    try {
      const r = f(s);
      out.push(r === undefined ? null : encOut(r));
    } catch (e) {
      out.push(errOf(e));
    }
  }
  return out;
}
const upd = (o, s) => {
  // ["update", data, inEnc|null, outEnc|null]
  const d = dec(s[1]);
  const p = [d];
  if (s[2] || s[3]) p.push(s[2] ?? undefined);
  if (s[3]) p.push(s[3]);
  return o.update(...p);
};
// Node 20.20 leaves the error of a refused key length in OpenSSL's queue, where the next reading of PEM finds it, fails for it,
// and clears it. What a key is must not depend on what was asked before: so a key is read for nothing.
function forgetRefusedLength() {
  try {
    crypto.createPrivateKey(keys().ed25519.priv);
  } catch {}
}
const C = {
  hash: (a) => {
    let h;
    try {
      h = crypto.createHash(a.alg, a.opts);
    } catch (e) {
      return errOf(e);
    }
    return traced(a.steps, (s) =>
      s[0] === 'update'
        ? (upd(h, s), undefined)
        : s[0] === 'digest'
          ? h.digest(s[1] ?? undefined)
          : s[0] === 'copy_digest'
            ? h.copy().digest(s[1] ?? undefined)
            : bad(s),
    );
  },
  hmac: (a) => {
    let h;
    try {
      h = crypto.createHmac(a.alg, dec(a.key));
    } catch (e) {
      return errOf(e);
    }
    return traced(a.steps, (s) =>
      s[0] === 'update' ? (upd(h, s), undefined) : s[0] === 'digest' ? h.digest(s[1] ?? undefined) : bad(s),
    );
  },
  cipher: (a) => {
    let c;
    const o = a.opts;
    try {
      c = crypto[a.dir === 'enc' ? 'createCipheriv' : 'createDecipheriv'](
        a.alg,
        dec(a.key),
        a.iv === null ? null : dec(a.iv),
        o,
      );
    } catch (e) {
      return errOf(e);
    }
    return traced(a.steps, (s) => {
      switch (s[0]) {
        case 'update':
          return upd(c, s);
        case 'final':
          return c.final(s[1] ?? undefined);
        case 'auto_padding':
          c.setAutoPadding(s[1]);
          return undefined;
        case 'aad':
          c.setAAD(dec(s[1]), s[2] ?? undefined);
          return undefined;
        case 'get_tag':
          return c.getAuthTag();
        case 'set_tag':
          c.setAuthTag(dec(s[1]));
          return undefined;
      }
      bad(s);
    });
  },
  cipher_info: (a) => {
    const i = crypto.getCipherInfo(a.name, a.opts);
    forgetRefusedLength();
    return i === undefined ? { u: 0 } : i;
  },
  sign: (a) => {
    const k = keys()[a.key];
    return enc(
      a.oneshot
        ? crypto.sign(a.alg, dec(a.data), k.priv)
        : (() => {
            const s = crypto.createSign(a.alg);
            for (const c of a.chunks) s.update(dec(c));
            return s.sign(k.priv);
          })(),
    );
  },
  verify: (a) => {
    const k = keys()[a.key];
    return enc(
      a.oneshot
        ? crypto.verify(
            a.alg,
            dec(a.data),
            a.dsaEncoding ? { key: k.pub, dsaEncoding: a.dsaEncoding } : k.pub,
            dec(a.sig),
          )
        : (() => {
            const s = crypto.createVerify(a.alg);
            for (const c of a.chunks) s.update(dec(c));
            return s.verify(a.dsaEncoding ? { key: k.pub, dsaEncoding: a.dsaEncoding } : k.pub, dec(a.sig));
          })(),
    );
  },
  timing_safe_equal: (a) => crypto.timingSafeEqual(dec(a.a), dec(a.b)),
  pbkdf2: (a) => enc(crypto.pbkdf2Sync(dec(a.password), dec(a.salt), a.iterations, a.keylen, a.digest)),
  scrypt: (a) => enc(crypto.scryptSync(dec(a.password), dec(a.salt), a.keylen, { N: a.N, r: a.r, p: a.p })),
  hkdf: (a) => enc(Buffer.from(crypto.hkdfSync(a.digest, dec(a.ikm), dec(a.salt), dec(a.info), a.keylen))),
};
function bad(s) {
  throw new Error('bad step ' + JSON.stringify(s));
}
// ---------- events ----------
function events(a) {
  const log = [];
  let budget = a.budget,
    depth = 0;
  const MAXD = a.max_depth;
  const em = new EventEmitter();
  const syms = {};
  const ev = (n) =>
    n === '@errorMonitor' ? EventEmitter.errorMonitor : n[0] === '@' ? (syms[n] ??= Symbol(n.slice(1))) : n;
  const nameOf = (e) =>
    typeof e === 'symbol' ? (e === EventEmitter.errorMonitor ? '@errorMonitor' : '@' + e.description) : e;
  const ids = new Map();
  const fns = {};
  const arg = (v) => (v && typeof v === 'object' && 'e' in v ? new Error(v.e) : v);
  const show = (v) =>
    v instanceof Error
      ? { e: v.message }
      : typeof v === 'function'
        ? ids.has(v)
          ? { l: ids.get(v) }
          : { l: ids.get(v.listener) ?? '?', wrapper: true }
        : typeof v === 'symbol'
          ? { y: nameOf(v) }
          : v === undefined
            ? { u: 0 }
            : v;
  const thrown = (e) => (e && e.code ? ['threw', { code: e.code, message: e.message }] : ['threw', { e: e.message }]);
  const L = (f) => ids.get(f) ?? ids.get(f.listener) ?? '?';
  for (const k of Object.keys(a.listeners)) {
    const acts = a.listeners[k];
    const fn = (...xs) => {
      log.push(['call', k, ...xs.map(show)]);
      if (depth >= MAXD) return 'ret' + k;
      depth++;
      try {
        for (const x of acts) {
          if (budget <= 0) break;
          budget--;
          act(x);
        }
      } finally {
        depth--;
      }
      return 'ret' + k;
    };
    fns[k] = fn;
    ids.set(fn, k);
  }
  const act = (x) => {
    const [op, e] = x;
    switch (op) {
      case 'on':
        em.on(ev(e), fns[x[2]]);
        break;
      case 'once':
        em.once(ev(e), fns[x[2]]);
        break;
      case 'prepend':
        em.prependListener(ev(e), fns[x[2]]);
        break;
      case 'prepend_once':
        em.prependOnceListener(ev(e), fns[x[2]]);
        break;
      case 'off':
        em.off(ev(e), fns[x[2]]);
        break;
      case 'remove_all':
        em.removeAllListeners(ev(e));
        break;
      case 'remove_all_events':
        em.removeAllListeners();
        break;
      case 'emit': {
        const r = em.emit(ev(e), ...x.slice(2).map(arg));
        log.push(['emitted', e, r]);
        break;
      }
      case 'try_emit':
        try {
          const r = em.emit(ev(e), ...x.slice(2).map(arg));
          log.push(['emitted', e, r]);
        } catch (er) {
          log.push(thrown(er));
        }
        break;
      case 'count':
        log.push(['count', e, em.listenerCount(ev(e))]);
        break;
      case 'count_of':
        log.push(['count_of', e, x[2], em.listenerCount(ev(e), fns[x[2]])]);
        break;
      case 'names':
        log.push(['names', em.eventNames().map(nameOf)]);
        break;
      case 'listeners':
        log.push(['listeners', e, em.listeners(ev(e)).map(L)]);
        break;
      case 'raw':
        log.push(['raw', e, em.rawListeners(ev(e)).map((f) => [L(f), typeof f.listener === 'function'])]);
        break;
      case 'call_raw': {
        const r = em.rawListeners(ev(e))[x[2]];
        if (r) log.push(['raw_ret', show(r(...x.slice(3)))]);
        else log.push(['raw_none']);
        break;
      }
      case 'set_max':
        em.setMaxListeners(x[1]);
        break;
      case 'get_max':
        log.push(['max', em.getMaxListeners()]);
        break;
      case 'throw':
        throw new Error(x[1]);
      default:
        bad(x);
    }
  };
  const saved = process.emitWarning;
  process.emitWarning = (w) => {
    log.push(['warn', nameOf(w.type), w.count, w.message]);
  };
  try {
    for (const x of a.main) {
      try {
        act(x);
      } catch (e) {
        log.push(thrown(e));
        depth = 0;
      }
    }
  } finally {
    process.emitWarning = saved;
  }
  return log;
}
// ---------- entry ----------
export function run(module, op, args) {
  try {
    if (module === 'buffer') {
      const a = {};
      for (const k of Object.keys(args)) a[k] = op === 'pool' ? args[k] : dec(args[k]);
      return encOut(B[op](a));
    }
    if (module === 'string_decoder') return decoder(args);
    if (module === 'crypto') return C[op](args);
    if (module === 'events') return events(args);
    throw new Error('no module ' + module);
  } catch (e) {
    if ((e instanceof TypeError && e.code === undefined) || /^(bad step|no module|cannot (en|de)code)/.test(e.message))
      throw e;
    return errOf(e);
  }
}
