// Node's own channel, measured between two processes: prints one figure for each mode, as JSON.
// node ipc_node.mjs TABLE [CPU,CPU]
import { fork } from 'node:child_process';
import net from 'node:net';

const [table, processors] = process.argv.slice(2);
const times = { 'rtt-one': 3000, 'rtt-two': 2000, 64: 50000, 1024: 30000, 65536: 1000, 1048576: 40, handles: 1000 }[table];
const bytes = Number(table) || 64;

if (process.send) {
  let seen = 0;
  process.on('message', (message, handle) => {
    handle?.destroy();
    if (table.startsWith('rtt')) process.send(message);
    else if (++seen === times) process.send('end');
  });
} else {
  const [here, there] = (processors || '').split(',').filter(Boolean);
  if (here) {
    const { execFileSync } = await import('node:child_process');
    execFileSync('taskset', ['-a', '-cp', here, String(process.pid)]);
  }
  const figures = {};
  for (const serialization of ['json', 'advanced']) {
    const options = there ? { serialization, execPath: 'taskset', execArgv: ['-c', there, process.execPath] } : { serialization };
    const child = fork(process.argv[1], process.argv.slice(2), options);
    await new Promise((resolve) => child.once('spawn', resolve));
    figures[`Node ${serialization}`] = await run(child);
    child.disconnect();
  }
  console.log(JSON.stringify(figures));
}

async function run(child) {
  const message = { cmd: 'work', seq: 1, data: 'x'.repeat(Math.max(0, bytes - 34)) };
  if (table.startsWith('rtt')) {
    await roundTrips(child, message, 200);
    const start = process.hrtime.bigint();
    await roundTrips(child, message, times);
    return Number(process.hrtime.bigint() - start) / 1000 / times;
  }
  if (table === 'handles') return handles(child);
  await new Promise((resolve) => child.send(message, resolve));
  const start = process.hrtime.bigint();
  const end = new Promise((resolve) => child.once('message', resolve));
  for (let i = 1; i < times; i++) {
    if (!child.send(message)) await new Promise((resolve) => setImmediate(resolve));
  }
  await end;
  return times / (Number(process.hrtime.bigint() - start) / 1e9);
}

function roundTrips(child, message, count) {
  return new Promise((resolve) => {
    const back = () => (--count ? child.send(message) : (child.off('message', back), resolve()));
    child.on('message', back);
    child.send(message);
  });
}

async function handles(child) {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const sockets = [];
  for (let i = 0; i < times; i++) {
    const client = net.connect(server.address().port, '127.0.0.1');
    client.on('error', () => {});
    sockets.push(await new Promise((resolve) => server.once('connection', resolve)));
  }
  const start = process.hrtime.bigint();
  const end = new Promise((resolve) => child.once('message', resolve));
  for (const socket of sockets) child.send(1, socket);
  await end;
  server.close();
  return times / (Number(process.hrtime.bigint() - start) / 1e9);
}
