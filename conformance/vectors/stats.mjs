// stats.mjs DIR - coverage sanity of a vector set: per op, how many vectors, unique, throwing, per tier.
import { readFileSync, readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
const dir = process.argv[2];
const read = (file) => (file.endsWith('.gz') ? gunzipSync(readFileSync(file)) : readFileSync(file)).toString();
const S = {};
for (const f of readdirSync(dir).filter((x) => /\.jsonl(\.gz)?$/.test(x)))
  for (const l of read(dir + '/' + f)
    .trim()
    .split('\n')) {
    const v = JSON.parse(l);
    const k = v.module + '.' + v.op;
    const s = (S[k] ??= { n: 0, uniq: new Set(), throws: 0, codes: {}, tier: {} });
    s.n++;
    s.uniq.add(JSON.stringify(v.args));
    s.tier[v.tier] = (s.tier[v.tier] ?? 0) + 1;
    const t = JSON.stringify(v.expect).match(/"throws":\{"name":"[^"]*"(,"code":"[^"]*")?/g) ?? [];
    if (t.length) {
      s.throws++;
      for (const x of t) {
        const c = x.match(/"code":"([^"]*)"/)?.[1] ?? x.match(/"name":"([^"]*)"/)[1];
        s.codes[c] = (s.codes[c] ?? 0) + 1;
      }
    }
  }
for (const k of Object.keys(S)) {
  const s = S[k];
  console.log(
    k.padEnd(26),
    String(s.n).padStart(5),
    'uniq',
    String(s.uniq.size).padStart(5),
    'throws',
    String(s.throws).padStart(4),
    JSON.stringify(s.tier),
    JSON.stringify(s.codes),
  );
}
