// An unmodified Node worker that listens in one of the ways that there are: `worker.js WAY FOLDER`.
// It prints what it finds, a line of JSON each, and tells its primary: the same under Node's primary and under ours.
// The key and the certificate beside it are for this test alone.
'use strict';
const cluster = require('node:cluster');
const dgram = require('node:dgram');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const tls = require('node:tls');
const { once } = require('node:events');

const [way, folder] = process.argv.slice(2);
const say = (value) => fs.writeSync(1, JSON.stringify(value) + '\n');
const host = '127.0.0.1';

async function listening(server, ...where) {
  server.listen(...where);
  await once(server, 'listening');
  return server;
}
async function answer(...where) {
  const client = net.connect(...where);
  let text = '';
  for await (const chunk of client) text += chunk;
  return text;
}
const greeter = () => net.createServer((socket) => socket.end('hello'));

const ways = {
  async twoServers() {
    const one = await listening(http.createServer(), 0, host);
    const two = await listening(net.createServer(), 0, host);
    say({ different: one.address().port !== two.address().port });
  },
  async portInUse() {
    const other = net.createServer();
    // Not of the cluster: this process alone has it.
    other.listen({ port: 0, host, exclusive: true });
    await once(other, 'listening');
    const server = net.createServer().listen(other.address().port, host);
    const [error] = await once(server, 'error');
    say({ code: error.code });
    other.close();
  },
  async unix() {
    const where = path.join(folder, 'unix');
    await listening(greeter(), where);
    say({ answer: await answer(where) });
  },
  async readable() {
    const where = path.join(folder, 'readable');
    await listening(greeter(), { path: where, readableAll: true, writableAll: true });
    say({ mode: (fs.statSync(where).mode & 0o666).toString(8) });
  },
  async ipv6() {
    const server = await listening(greeter(), 0, '::1');
    say({ family: server.address().family, answer: await answer(server.address().port, '::1') });
  },
  async dualStack() {
    const server = await listening(greeter(), 0);
    const { port } = server.address();
    say({ four: await answer(port, host), six: await answer(port, '::1') });
  },
  async v6Only() {
    const server = await listening(greeter(), { port: 0, host: '::', ipv6Only: true });
    const { port } = server.address();
    const refused = await answer(port, host).catch((error) => error.code);
    say({ six: await answer(port, '::1'), refused });
  },
  async udp() {
    for (const [type, address] of [['udp4', host], ['udp6', '::1']]) {
      const socket = dgram.createSocket(type);
      socket.bind(0, address);
      await once(socket, 'listening');
      const heard = once(socket, 'message');
      const other = dgram.createSocket(type);
      other.send('datagram', socket.address().port, address, () => other.close());
      say({ type, heard: String((await heard)[0]) });
      socket.close();
    }
  },
  // Descriptor 9 is a socket that the primary was started with.
  async fd() {
    const server = await listening(greeter(), { fd: 9 });
    say({ answer: await answer(server.address().port, host) });
  },
  async fdUnix() {
    await listening(greeter(), { fd: 9 });
    say({ answer: await answer(path.join(folder, 'inherited')) });
  },
  async fdUdp() {
    const socket = dgram.createSocket('udp4');
    socket.bind({ fd: 9 });
    await once(socket, 'listening');
    const heard = once(socket, 'message');
    const other = dgram.createSocket('udp4');
    other.send('datagram', socket.address().port, host, () => other.close());
    say({ heard: String((await heard)[0]) });
    socket.close();
  },
  async fdOfNobody() {
    const server = net.createServer().listen({ fd: 99 });
    const [error] = await once(server, 'error');
    say({ code: error.code });
  },
  async tls() {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => fs.readFileSync(path.join(__dirname, name)));
    const server = await listening(tls.createServer({ key, cert }, (socket) => socket.end('secret')), 0, host);
    const client = tls.connect({ port: server.address().port, host, rejectUnauthorized: false });
    let text = '';
    for await (const chunk of client) text += chunk;
    say({ text });
  },
  async maxConnections() {
    const server = await listening(net.createServer((socket) => socket.write('in')), 0, host);
    server.maxConnections = 1;
    const first = net.connect(server.address().port, host);
    await once(first, 'data');
    const second = net.connect(server.address().port, host);
    let early = false;
    second.once('data', () => { early = first.destroyed === false; });
    const served = once(second, 'data');
    // The second waits in the primary until the first has gone.
    first.destroy();
    await served;
    say({ early });
    second.destroy();
  },
  async closeAndListenAgain() {
    const server = await listening(greeter(), 0, host);
    server.close();
    await once(server, 'close');
    const again = await listening(greeter(), 0, host);
    say({ answer: await answer(again.address().port, host) });
  },
  async send() {
    // What the cluster's own channel is for besides: the user's messages.
    const sent = await new Promise((resolve) => cluster.worker.send({ cmd: 'mine' }, resolve));
    say({ sent, connected: cluster.worker.isConnected() });
  },
};

ways[way]().then(() => { say('done'); process.send('done'); }, (error) => { say({ error: String(error.stack) }); process.exit(1); });
