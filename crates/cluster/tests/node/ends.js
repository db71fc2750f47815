// An unmodified Node worker that says who it is, echoes, and ends in the way that a message names.
'use strict';
const cluster = require('node:cluster');
const net = require('node:net');

const address = process.env.ADDRESS;
const where = address.startsWith('/') ? [address] : [Number(address.split(':')[1]), address.split(':')[0]];
net.createServer((socket) => {
  socket.on('error', () => {});
  socket.write(`node ${process.pid}\n`);
  socket.pipe(socket);
}).listen(...where);

const ways = {
  disconnect: () => cluster.worker.disconnect(),
  kill: () => cluster.worker.kill(),
  destroy: () => cluster.worker.destroy(),
  leave: () => process.disconnect(),
  exit: () => process.exit(7),
  spin: () => { for (;;); },
};
process.on('message', (way) => { process.send(way); setImmediate(ways[way]); });
