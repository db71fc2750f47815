// Node's own emitter, measured as `events_ratios` measures ours: prints {"group": [nanoseconds of each run]}.
import { EventEmitter } from 'node:events';

const RUNS = 9;
let sum = 0;
const count = (payload) => { sum += payload; };
const emitter = (listeners) => {
  const made = new EventEmitter().setMaxListeners(0);
  for (let i = 0; i < listeners; i++) made.on('tick', (payload) => { sum += payload; });
  return made;
};

const cases = {};
for (const listeners of [1, 10, 100, 1000, 10000]) {
  const e = emitter(listeners);
  cases[`emit_${listeners}`] = () => e.emit('tick', 1);
}
for (const names of [0, 10, 100, 1000, 10000]) {
  const e = emitter(1);
  for (let i = 0; i < names; i++) e.on(`name ${i}`, count);
  cases[`names_${names}`] = () => e.emit('tick', 1);
}
{
  const e = emitter(0);
  cases.once_emit = () => { e.once('tick', (payload) => { sum += payload; }); e.emit('tick', 1); };
}
for (const others of [0, 10, 1000]) {
  const e = emitter(others);
  cases[`add_remove_beside_${others}`] = () => {
    const listener = (payload) => { sum += payload; };
    e.on('tick', listener);
    e.off('tick', listener);
  };
}

const time = (run, times) => {
  const start = process.hrtime.bigint();
  for (let i = 0; i < times; i++) run();
  return Number(process.hrtime.bigint() - start) / times;
};
const result = {};
for (const [group, run] of Object.entries(cases)) {
  for (let warm = 0; warm < 3; warm++) time(run, 20000 / (1 + +(group.match(/^emit_(\d+)/)?.[1] ?? 0) / 10));
  const times = Math.max(20, Math.round(4e6 / time(run, 100)));
  result[group] = Array.from({ length: RUNS }, () => time(run, times));
}
console.log(JSON.stringify(result));
if (sum < 0) console.log(sum);
