// Node's own cluster with a Rust worker beside Node workers, behind one port.
// PORT=8000 node node_primary.js PROGRAM [NODE WORKERS]
'use strict';
const cluster = require('node:cluster');
const http = require('node:http');

if (cluster.isPrimary) {
  const [program, count = '1'] = process.argv.slice(2);
  const node = process.execPath;
  const start = (execPath, exec) => {
    // The one way to choose a worker's program: cluster takes this process's own.
    process.execPath = execPath;
    cluster.setupPrimary({ exec, args: [] });
    const worker = cluster.fork();
    process.execPath = node;
    return worker;
  };
  start(program, '-');
  for (let i = 0; i < Number(count); i++) start(node, __filename);
  cluster.on('listening', (worker, { port }) => console.log(`worker ${worker.process.pid} listens on ${port}`));
  cluster.on('exit', (worker, code, signal) => console.log(`worker ${worker.process.pid} ended: ${signal || code}`));
  process.on('SIGTERM', () => cluster.disconnect());
} else {
  http.createServer((request, response) => response.end('hello from Node\n'))
    .listen(process.env.PORT || 8000, process.env.HOST || '127.0.0.1');
}
