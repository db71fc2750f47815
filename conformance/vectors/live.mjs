// live.mjs - real Node as an oracle on a pipe. One JSON line in {id,module,op,args} -> one JSON line out {id,expect}.
// A Rust fuzzer can keep it open and ask for truth about inputs that are in no vector file.
import { run } from './ops.mjs';
import readline from 'node:readline';
for await (const l of readline.createInterface({ input: process.stdin })) {
  if (!l.trim()) continue;
  const v = JSON.parse(l);
  let o;
  try {
    o = { id: v.id, expect: run(v.module, v.op, v.args) };
  } catch (e) {
    o = { id: v.id, oracle_error: String(e) };
  }
  process.stdout.write(JSON.stringify(o) + '\n');
}
