// A Node script that forks a Rust program and talks with it. `node node_parent.js [PROGRAM]`
const assert = require('assert');
const path = require('path');
const { fork } = require('child_process');

const program = process.argv[2] || path.join(__dirname, '../../../target/debug/examples/node_child');
// fork() wants a module; a program that is no Node takes it as its first argument and need not care.
const child = fork('-', [], { execPath: program, execArgv: [] });

const values = ['line\nbreak', 'é€😀\u2028', 0, -1.5, 1e300, 2 ** 53, true, null, [], {}, [1, [2, { three: [] }]],
  { cmd: 'NODE_', nested: { cmd: 'NODE_HANDLE' } }, 'x'.repeat(3_000_000)];
let next = 0;

child.once('message', (greeting) => {
  assert.deepStrictEqual(greeting, { hello: 'parent' });
  child.on('message', ({ pid, got }) => {
    assert.strictEqual(pid, child.pid);
    assert.deepStrictEqual(got, values[next++]);
    if (next === values.length) child.disconnect();
  });
  for (const value of values) child.send(value);
});
child.on('exit', (code, signal) => {
  assert.deepStrictEqual([code, signal, next], [0, null, values.length]);
  console.log(`the Rust child returned ${next} values unchanged and exited with ${code}`);
});
