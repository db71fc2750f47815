// What Node takes for a group of child_spawn.rs, in microseconds: the median of one turn of seven.
import cp from 'node:child_process';
import { fileURLToPath } from 'node:url';

if (process.send) {
  process.send('ready');
  process.on('message', () => {});
} else {
  const group = process.argv[2];
  const once = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));
  const wait = () => once(cp.spawn('/bin/true', { stdio: 'inherit' }), 'close');
  const work = {
    wait_10_mib: wait,
    wait_2_gib: wait,
    capture: () => new Promise((resolve) => cp.exec('echo hi', resolve)),
    first_message: async () => {
      const child = cp.fork(fileURLToPath(import.meta.url), { stdio: 'inherit' });
      await once(child, 'message');
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  }[group];
  const ballast = group === 'wait_2_gib' ? Buffer.alloc(2 ** 31 - 1, 1) : null;
  const runs = [];
  for (let run = 0; run < (group === 'first_message' || ballast ? 5 : 31); run++) {
    const start = process.hrtime.bigint();
    await work();
    runs.push(Number(process.hrtime.bigint() - start) / 1e3);
  }
  runs.sort((a, b) => a - b);
  console.log(runs[runs.length >> 1] + 0 * (ballast?.[0] ?? 0));
  process.exit(0);
}
