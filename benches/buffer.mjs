// Measures Node on the inputs of buffer_pool.rs and buffer_encoding.rs, reads what criterion has measured of ours and
// the crates', and prints the ratios: theirs ÷ ours, so that above 1 we are ahead.
// cargo bench -p benches --bench buffer_pool --bench buffer_encoding && node benches/buffer.mjs [NAME]
// node benches/buffer.mjs --runs 7: does both so many times in turn; the ratios are medians of the runs', figures likewise.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, existsSync } from 'node:fs';

const root = new URL('../target/criterion/', import.meta.url);
const runs = process.argv[2] === '--runs' ? Number(process.argv[3]) : 0;
const only = runs ? '' : process.argv[2] ?? '';

function noise(size) {
  let state = 1;
  return Uint8Array.from({ length: size }, () => (state = (state * 48271) % 0x7fffffff, (state >> 8) & 255));
}
function repeated(text, size) {
  const part = Buffer.from(text), bytes = Buffer.alloc(size, part);
  let whole = size;
  while (whole > 0 && Buffer.from(bytes.toString('utf8', 0, whole)).compare(bytes.subarray(0, whole)) !== 0) whole--;
  return bytes.fill('.', whole);
}
const english = 'The quick brown fox. ', mixed = 'Größe 12 €, naïve 😀 текст ';
const utf16 = (text, size) => Buffer.from(text.repeat(size / 40 + 1), 'utf16le').subarray(0, size);
const inputs = {
  utf8_ascii: ['utf8', (n) => repeated(english, n)], utf8_mixed: ['utf8', (n) => repeated(mixed, n)],
  latin1_ascii: ['latin1', (n) => repeated(english, n)], latin1_noise: ['latin1', noise], ascii: ['ascii', (n) => repeated(english, n)],
  utf16le_ascii: ['utf16le', (n) => utf16(english, n)], utf16le_mixed: ['utf16le', (n) => utf16(mixed, n)],
  base64: ['base64', noise], base64url: ['base64url', noise], hex: ['hex', noise],
};

let sink;
// Nanoseconds a call: the median of 11 batches of about 3 ms, after the compiler has had its time.
function time(run) {
  let count = 1;
  const batch = () => { const t = process.hrtime.bigint(); for (let i = 0; i < count; i++) sink = run(); return Number(process.hrtime.bigint() - t); };
  const until = Date.now() + 60;
  while (Date.now() < until || count < 2) { const t = batch(); if (t < 3e6) count = Math.ceil(count * Math.min(10, 3.3e6 / (t + 1))); else if (Date.now() >= until) break; }
  return Array.from({ length: 11 }, batch).sort((a, b) => a - b)[5] / count;
}

function node(name, size) {
  const [, way, input] = name.match(/^(to_string|from_string)_(.*)$/) ?? [];
  if (way) {
    const [encoding, make] = inputs[input], buffer = Buffer.from(make(size)), text = buffer.toString(encoding);
    return way === 'to_string' ? () => buffer.toString(encoding) : () => Buffer.from(text, encoding);
  }
  const buffer = Buffer.from(noise(size)), twin = Buffer.from(buffer), needle = Buffer.from(buffer.subarray(size - 8));
  const queue = [];
  let at = 0;
  switch (name) {
    case 'alloc_unsafe': case 'alloc_unsafe_elsewhere': return () => Buffer.allocUnsafe(size);
    case 'alloc': return () => Buffer.alloc(size);
    case 'alloc_unsafe_queue': return () => { queue[at] = Buffer.allocUnsafe(size); at = (at + 1) % 1000; };
    case 'index_of_end': return () => buffer.indexOf(needle);
    case 'index_of_worst': { const a = Buffer.alloc(size, 'a'); a[size - 1] = 98; return () => a.indexOf('aaaaaaab'); }
    case 'compare': return () => buffer.compare(twin);
    case 'concat': { const parts = Array(10).fill(buffer); return () => Buffer.concat(parts); }
    case 'swap16': return () => buffer.swap16();
    case 'swap32': return () => buffer.swap32();
    case 'swap64': return () => buffer.swap64();
    case 'read_uint32_le': return () => { let sum = 0; for (let i = 0; i < size; i += 4) sum = (sum + buffer.readUInt32LE(i)) >>> 0; return sum; };
    case 'write_double_be': return () => { for (let i = 0; i < size; i += 8) buffer.writeDoubleBE(i, i); };
  }
}

const figure = (ns) => ns < 1e3 ? `${ns.toFixed(1)} ns` : ns < 1e6 ? `${(ns / 1e3).toFixed(2)} µs` : `${(ns / 1e6).toFixed(2)} ms`;
// What this run has measured: one object of nanoseconds by name for each operation and size.
function measured() {
  const rows = [];
  for (const group of readdirSync(root).sort()) {
    const [, name, size] = group.match(/^(.*)_(\d+)$/) ?? [];
    if (!name || !group.includes(only)) continue;
    const figures = {};
    for (const peer of readdirSync(new URL(`${group}/`, root))) {
      const file = new URL(`${group}/${peer}/new/estimates.json`, root);
      if (existsSync(file)) figures[peer] = JSON.parse(readFileSync(file)).median.point_estimate;
    }
    if (!figures.ours) continue;
    const run = node(name, +size);
    if (run) figures.Node = time(run);
    rows.push({ name, size: +size, figures });
  }
  return rows.sort((a, b) => a.name.localeCompare(b.name) || a.size - b.size);
}

function bench() {
  const quick = ['--warm-up-time', '0.02', '--measurement-time', '0.04', '-n'];
  const benches = ['--bench', 'buffer_pool', '--bench', 'buffer_encoding'];
  const { status } = spawnSync('cargo', ['bench', '-q', '-p', 'benches', ...benches, '--', ...quick], { stdio: 'ignore' });
  if (status !== 0) throw new Error('cargo bench has failed; run it alone to see why');
}

const median = (figures) => figures.sort((a, b) => a - b)[figures.length >> 1];
const all = [];
for (let run = 0; run < (runs || 1); run++) {
  if (runs) bench();
  all.push(measured());
}
console.log('| operation | bytes | ours | Node | others |\n| --- | --- | --- | --- | --- |');
all[0].forEach(({ name, size, figures }, row) => {
  const ratio = (peer) => median(all.map((run) => run[row].figures[peer] / run[row].figures.ours)).toFixed(2);
  const ours = figure(median(all.map((run) => run[row].figures.ours)));
  const others = Object.keys(figures).filter((peer) => peer !== 'ours' && peer !== 'Node').map((peer) => `${peer} ${ratio(peer)}`);
  console.log(`| ${name} | ${size} | ${ours} | ${figures.Node ? ratio('Node') : ''} | ${others.join(', ')} |`);
});
