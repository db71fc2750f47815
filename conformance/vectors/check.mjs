// check.mjs: scores a harness against recorded vectors.
//
//   node check.mjs --vectors DIR|FILE[,FILE] --harness "CMD" [--only buffer.,events] [--tier core,edge,js]
//                  [--level code|message] [--skips-ok | --may-skip buffer.alias] [--show 20] [--json out.json]
//
// The harness reads lines {id,module,op,args} (the expectation stays here) and writes lines {id,got} or
// {id,skip:"why"}, in any order. A missing answer is a failure; so is a skip, unless it is allowed.
// Exit code 0: all as expected. 1: something is not. 2: nothing was judged, or the harness did not end well.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { canon as canonicalTranscript } from '../scenarios/drive.mjs';

const flag = (name) => process.argv.includes('--' + name);
const option = (name, otherwise) => (flag(name) ? process.argv[process.argv.indexOf('--' + name) + 1] : otherwise);
const list = (name, otherwise = '') => option(name, otherwise).split(',').filter(Boolean);

const giveUp = (why) => {
  console.error('check.mjs: ' + why);
  process.exit(2);
};
if (!option('vectors') || !option('harness')) giveUp('both --vectors and --harness are needed');

const level = option('level', 'code');
const tiers = list('tier', 'core,edge,js');
const only = list('only');
const maySkip = list('may-skip');
const show = Number(option('show', '20'));

const kind = (vector) => vector.module + '.' + vector.op;

// ---------- the vectors ----------
const filesOf = (place) =>
  statSync(place).isDirectory()
    ? readdirSync(place)
        .filter((name) => /\.jsonl(\.gz)?$/.test(name))
        .map((name) => path.join(place, name))
    : [place];
const linesOf = (file) => {
  const bytes = readFileSync(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n').filter(Boolean);
};
const wanted = (vector) =>
  tiers.includes(vector.tier) && (only.length === 0 || only.some((prefix) => kind(vector).startsWith(prefix)));

const vectors = new Map();
for (const line of list('vectors').flatMap(filesOf).flatMap(linesOf)) {
  const vector = JSON.parse(line);
  if (wanted(vector)) vectors.set(vector.id, vector);
}
// A misspelt --only would otherwise pass for ever.
for (const prefix of only)
  if (![...vectors.values()].some((vector) => kind(vector).startsWith(prefix))) giveUp(`no vector is about ${prefix}`);
if (vectors.size === 0) giveUp('no vector is left to judge');

// ---------- what counts as equal ----------
// Keys are sorted. At level=code an error is its name and code (or its name alone, where Node gives no code).
const canonical = (value) => {
  if (Array.isArray(value)) return value.map(canonical);
  if (!value || typeof value !== 'object') return value;
  let keys = Object.keys(value).sort();
  const isError = ('name' in value || 'code' in value) && 'message' in value;
  if (isError && level !== 'message') keys = keys.filter((key) => key !== 'message' && key !== 'reason');
  return Object.fromEntries(keys.map((key) => [key, canonical(value[key])]));
};
// Deliberate differences: of a pool step only "pooled or not" counts, since our slabs have size classes;
// and where Node never emits close after the parent's disconnect(), a close is not held against us.
const comparable = (vector, outcome) => {
  let x = outcome;
  if (vector.op === 'pool' && Array.isArray(x)) x = x.map((step) => step[0]);
  if (vector.module === 'events' && level !== 'message' && Array.isArray(x))
    x = x.map((entry) => (entry[0] === 'warn' ? entry.slice(0, 3) : entry));
  if (vector.module === 'child_process') {
    const closes = (events) => events.some((event) => event[0] === 'close');
    if (x?.events && !closes(vector.expect?.events ?? []))
      x = { ...x, events: x.events.filter((event) => event[0] !== 'close') };
    x = canonicalTranscript(x);
  }
  return JSON.stringify(canonical(x));
};

// ---------- asking ----------
const [command, ...args] = option('harness').split(' ');
const harness = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
const exited = new Promise((resolve) => harness.once('exit', resolve));
const closed = new Promise((resolve) => harness.once('close', (code, signal) => resolve(signal ?? code)));
harness.on('error', (error) => giveUp(String(error)));
harness.stdin.on('error', () => {}); // A harness that ends early is reported by its exit code.

const answers = new Map();
let rest = '';
harness.stdout.setEncoding('utf8').on('data', (text) => {
  const lines = (rest + text).split('\n');
  rest = lines.pop();
  for (const line of lines.filter((line) => line.trim())) {
    try {
      const answer = JSON.parse(line);
      answers.set(answer.id, answer);
    } catch {
      console.error('harness wrote a line that is not JSON: ' + line.slice(0, 120));
    }
  }
});

for (const { id, module, op, args } of vectors.values()) {
  const roomLeft = harness.stdin.write(JSON.stringify({ id, module, op, args }) + '\n');
  if (!roomLeft) await Promise.race([new Promise((resolve) => harness.stdin.once('drain', resolve)), exited]);
  if (harness.exitCode !== null) break;
}
harness.stdin.end();
const ending = await closed;

// ---------- judging ----------
const judge = (vector) => {
  const answer = answers.get(vector.id);
  if (!answer) return 'missing';
  if ('skip' in answer) return 'skip';
  return comparable(vector, answer.got) === comparable(vector, vector.expect) ? 'pass' : 'fail';
};
const cut = (value) => JSON.stringify(value)?.slice(0, 400);
const total = { pass: 0, fail: 0, skip: 0, missing: 0 };
const perOp = {};
let skipsAllowed = 0;
for (const vector of vectors.values()) {
  const verdict = judge(vector);
  perOp[kind(vector)] ??= { pass: 0, fail: 0, skip: 0, missing: 0 };
  perOp[kind(vector)][verdict]++;
  total[verdict]++;
  if (verdict === 'skip' && (flag('skips-ok') || maySkip.some((prefix) => kind(vector).startsWith(prefix))))
    skipsAllowed++;
  if (verdict === 'fail' && total.fail <= show) {
    console.log(`FAIL ${vector.id} ${kind(vector)}`);
    console.log(
      `  args   ${cut(vector.args)}\n  expect ${cut(vector.expect)}\n  got    ${cut(answers.get(vector.id).got)}`,
    );
  }
}
for (const op of Object.keys(perOp).sort()) console.log(op.padEnd(28), JSON.stringify(perOp[op]));
const percent = ((100 * total.pass) / vectors.size).toFixed(2);
console.log(
  `TOTAL ${vectors.size} pass ${total.pass} (${percent}%) fail ${total.fail} skip ${total.skip} missing ${total.missing}`,
);
if (option('json'))
  writeFileSync(option('json'), JSON.stringify({ total: vectors.size, ...total, ops: perOp }, null, 1));
if (ending !== 0) giveUp(`the harness ended with ${ending}`);
process.exit(total.fail + total.missing + total.skip - skipsAllowed === 0 ? 0 : 1);
