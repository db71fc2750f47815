// An unmodified Node worker that says who it is, echoes, and ends in the way that a message names.
'use strict';
const cluster = require('node:cluster');
const dgram = require('node:dgram');
const net = require('node:net');

const [, protocol, address] = /^(udp )?(.*)$/.exec(process.env.ADDRESS);
const [host, port] = address.split(':');
if (protocol) {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (_, from) => socket.send(`node ${process.pid}\n`, from.port, from.address));
  socket.bind(Number(port), host);
} else {
  const where = address.startsWith('/') ? [address] : [Number(port), host];
  net.createServer((socket) => {
    socket.on('error', () => {});
    socket.write(`node ${process.pid}\n`);
    socket.pipe(socket);
  }).listen(...where);
}

const ways = {
  disconnect: () => cluster.worker.disconnect(),
  kill: () => cluster.worker.kill(),
  destroy: () => cluster.worker.destroy(),
  leave: () => process.disconnect(),
  exit: () => process.exit(7),
  spin: () => { for (;;); },
};
process.on('message', (way) => { process.send(way); setImmediate(ways[way]); });
