// A Node primary that starts what it is told to, one word a line, and says what becomes of it:
// `node` or `rust` starts a worker, `tell ID WAY` sends it a message, `disconnect ID` and `kill ID` end it, `all` ends all.
// `primary.js MODE RUST_PROGRAM NODE_SCRIPT`
'use strict';
const cluster = require('node:cluster');
const readline = require('node:readline');

const [serialization, rust, script] = process.argv.slice(2);
const node = process.execPath;
const start = (execPath, exec) => {
  process.execPath = execPath;
  cluster.setupPrimary({ exec, args: [], execArgv: [], serialization });
  cluster.fork();
  process.execPath = node;
};
cluster.on('listening', (worker, { address, port, addressType }) => {
  const where = port === -1 ? address : `${address}:${port}`;
  console.log('listening', worker.id, worker.process.pid, addressType === 'udp4' ? `udp ${where}` : where);
});
cluster.on('message', (worker, message) => console.log('message', worker.id, message));
cluster.on('disconnect', (worker) => console.log('disconnect', worker.id));
cluster.on('exit', (worker, code, signal) =>
  console.log('exit', worker.id, signal || code, worker.exitedAfterDisconnect));

console.log('primary', process.pid);

const words = {
  node: () => start(node, script),
  rust: () => start(rust, '-'),
  tell: (id, way) => cluster.workers[id].send(way),
  disconnect: (id) => cluster.workers[id].disconnect(),
  kill: (id) => cluster.workers[id].kill(),
  all: () => { lines.close(); process.stdin.destroy(); cluster.disconnect(); },
};
const lines = readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const [word, ...rest] = line.split(' ');
  words[word](...rest);
});
