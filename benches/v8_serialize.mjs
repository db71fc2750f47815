// Measures Node's v8.serialize on the messages of v8_serialize.rs, reads what criterion has measured of ours and the
// crates', and prints the ratios: how many times slower than ours.
// cargo bench -p benches --bench v8_serialize && node benches/v8_serialize.mjs
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import v8 from 'node:v8';

const root = new URL('../target/criterion/', import.meta.url);
const repeated = (part, size) => {
  let text = part.repeat(Math.ceil(size / Buffer.byteLength(part)) + 1);
  const bytes = Buffer.from(text).subarray(0, size);
  return bytes.toString('utf8').replace(/\ufffd$/, '');
};
const data = {
  ascii: (size) => repeated('The quick brown fox. ', size),
  latin1: (size) => repeated('Größe, naïve. ', size),
  mixed: (size) => repeated('Größe 12 €, текст ', size),
  bytes: (size) => Buffer.from(Uint8Array.from({ length: size }, (_, index) => index * 7)),
};

let sink;
// Nanoseconds a call: the median of 11 batches of about 3 ms, after the compiler has had its time.
function time(run) {
  let count = 1;
  const batch = () => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < count; i++) sink = run();
    return Number(process.hrtime.bigint() - start);
  };
  const until = Date.now() + 60;
  while (Date.now() < until || count < 2) {
    const took = batch();
    if (took < 3e6) count = Math.ceil(count * Math.min(10, 3.3e6 / (took + 1)));
    else if (Date.now() >= until) break;
  }
  return Array.from({ length: 11 }, batch).sort((a, b) => a - b)[5] / count;
}

const figure = (ns) => ns < 1e3 ? `${ns.toFixed(1)} ns` : ns < 1e6 ? `${(ns / 1e3).toFixed(2)} µs` : `${(ns / 1e6).toFixed(2)} ms`;
const rows = [];
for (const group of readdirSync(root).sort()) {
  const [, way, input, size] = group.match(/^(encode|decode)_(ascii|latin1|mixed|bytes)_(\d+)$/) ?? [];
  if (!way) continue;
  const figures = {};
  for (const peer of readdirSync(new URL(`${group}/`, root))) {
    const file = new URL(`${group}/${peer}/new/estimates.json`, root);
    if (existsSync(file)) figures[peer] = JSON.parse(readFileSync(file)).median.point_estimate;
  }
  const message = { cmd: 'NODE_CLUSTER', seq: 7, data: data[input](Number(size)) };
  const bytes = v8.serialize(message);
  figures.Node = time(way === 'encode' ? () => v8.serialize(message) : () => v8.deserialize(bytes));
  rows.push({ way, input, size: Number(size), figures });
}
rows.sort((a, b) => b.way.localeCompare(a.way) || a.input.localeCompare(b.input) || a.size - b.size);
console.log('| message | bytes | ours | Node | others |\n| --- | --- | --- | --- | --- |');
for (const { way, input, size, figures: { ours, Node, ...others } } of rows) {
  const ratios = Object.entries(others).sort((a, b) => a[1] - b[1]).map(([peer, ns]) => `${peer} ${(ns / ours).toFixed(2)}`);
  console.log(`| ${way} ${input} | ${size} | ${figure(ours)} | ${(Node / ours).toFixed(2)} | ${ratios.join(', ')} |`);
}
