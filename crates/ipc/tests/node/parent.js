// A Node parent for a Rust child (examples/mirror.rs): node parent.js PROGRAM MODE. Exits with 0 when every case held.
'use strict';
const assert = require('node:assert');
const dgram = require('node:dgram');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { fork } = require('node:child_process');
const { once } = require('node:events');
const randomValues = require('../../../v8-serialize/tests/node/random.js');

const [program, serialization] = process.argv.slice(2);
const child = fork('-', [], { execPath: program, execArgv: [], serialization });
const COUNT = 2500;

// Answers wait for whoever asks for them.
const answers = [];
let wake = () => {};
child.on('message', (message, handle) => { answers.push([message, handle]); wake(); });
async function answer() {
  while (answers.length === 0) await new Promise((resolve) => { wake = resolve; });
  return answers.shift();
}
async function echo(message, handle) {
  child.send(message, handle);
  const [back, other] = await answer();
  assert.deepStrictEqual(back, message);
  assert.strictEqual(other === undefined, handle === undefined, `a handle with ${message}`);
  return other;
}
async function received(socket) {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

const cases = {
  async values() {
    const values = ['', 'line\nbreak', 'é€😀\u2028', 0, -1.5, 1e300, 2 ** 53, true, null, [], {}, [1, [2, { three: [] }]],
      { cmd: 'NODE_', nested: { cmd: 'NODE_HANDLE' } }, { cmd: 5, text: 'NODE_CLUSTER' }];
    for (const value of values) await echo(value);
  },
  async large() {
    await echo('x'.repeat(5_000_000));
    await echo({ wide: '€'.repeat(1_700_000) });
    if (serialization === 'advanced') await echo(Buffer.alloc(5_000_000, 7));
  },
  async random() {
    // Node sends no undefined and no BigInt on the outside.
    const all = serialization === 'advanced' ? randomValues(5, COUNT).map((value) => ({ value })) : jsonValues();
    for (const value of all) child.send(value);
    for (const value of all) assert.deepStrictEqual((await answer())[0], value);
  },
  async listener() { await listener({ host: '127.0.0.1', port: 0 }); },
  async unixListener() { await listener({ path: path.join(folder, 'listener') }); },
  async connection() { await connection({ host: '127.0.0.1', port: 0 }); },
  async unixConnection() { await connection({ path: path.join(folder, 'connection') }); },
  async client() {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = net.connect(server.address().port, '127.0.0.1');
    const [[accepted]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
    const back = await echo('client', client);
    back.end('without a key');
    assert.strictEqual(await received(accepted), 'without a key');
    server.close();
    accepted.destroy();
  },
  async counted() {
    // An address of its own, and so a key of its own: Node counts for the first server of a key alone.
    const server = net.createServer().listen(0, '127.0.0.2');
    await once(server, 'listening');
    const clients = [];
    for (let i = 0; i < 3; i++) {
      clients.push(net.connect(server.address().port, '127.0.0.2'));
      const [accepted] = await once(server, 'connection');
      child.send({ hold: i }, accepted);
      assert.deepStrictEqual((await answer())[0], { held: i + 1 });
    }
    const count = () => new Promise((resolve, reject) => server.getConnections((e, n) => e ? reject(e) : resolve(n)));
    assert.strictEqual(await count(), 3);
    const closed = once(server, 'close');
    server.close();
    child.send('release');
    await closed;
    for (const client of clients) client.destroy();
  },
  async datagrams() {
    for (const [type, host] of [['udp4', '127.0.0.1'], ['udp6', '::1']]) {
      const socket = dgram.createSocket(type);
      socket.bind(0, host);
      await once(socket, 'listening');
      const { port } = socket.address();
      const back = await echo('dgram', socket);
      socket.close();
      assert.strictEqual(back.address().port, port);
      const other = dgram.createSocket(type);
      const heard = once(back, 'message');
      other.send('a datagram', port, host);
      assert.strictEqual(String((await heard)[0]), 'a datagram');
      other.close();
      back.close();
    }
  },
  async questions() {
    child.send({ ferronode: 'request', id: 7, body: [1, 2] });
    assert.deepStrictEqual((await answer())[0], { ferronode: 'reply', id: 7, body: [1, 2] });
    child.send({ ask: 'what is it?' });
    const [question] = await answer();
    assert.strictEqual(question.ferronode, 'request');
    assert.strictEqual(question.body, 'what is it?');
    child.send({ ferronode: 'reply', id: question.id, body: 42 });
    assert.deepStrictEqual((await answer())[0], { answered: 42 });
  },
};

async function listener(where) {
  const server = net.createServer().listen(where);
  await once(server, 'listening');
  const address = server.address();
  const back = await echo('server', server);
  // The path must outlive the first of the two, which would remove it.
  if (!where.path) { server.close(); await once(server, 'close'); } else server.unref();
  // Node does not know the path of a listener that it has received.
  assert.deepStrictEqual(back.address(), where.path ? null : address);
  const serving = where.path ? Promise.race([once(back, 'connection'), once(server, 'connection')]) : once(back, 'connection');
  const client = where.path ? net.connect(where.path) : net.connect(address.port, where.host);
  const [accepted] = await serving;
  accepted.end('served');
  assert.strictEqual(await received(client), 'served');
  back.close();
  if (where.path) server.close();
}

// Accepted by a server, so that it travels with the server's key; and back.
async function connection(where) {
  const server = net.createServer({ pauseOnConnect: true }).listen(where);
  await once(server, 'listening');
  const client = where.path ? net.connect(where.path) : net.connect(server.address().port, where.host);
  const [accepted] = await once(server, 'connection');
  const back = await echo('socket', accepted);
  back.end('with a key');
  assert.strictEqual(await received(client), 'with a key');
  const closed = once(server, 'close');
  server.close();
  await closed;
}

function jsonValues() {
  let state = 9;
  const random = (below) => { state ^= state << 13; state ^= state >>> 17; state ^= state << 5; return (state >>> 0) % below; };
  const text = () => Array.from({ length: random(8) }, () => ['a', '"', '\\', '\n', '\0', 'é', '€', '😀', 'NODE_'][random(9)]).join('');
  const value = (depth) => [
    () => null, () => random(2) === 0, () => random(2 ** 31) - 2 ** 30, () => random(1e9) / 1000, () => -random(1e9) * 2 ** 60, text, text,
    () => depth ? Array.from({ length: random(5) }, () => value(depth - 1)) : [],
    () => depth ? Object.fromEntries(Array.from({ length: random(5) }, () => [text(), value(depth - 1)])) : {},
  ][random(9)]();
  return Array.from({ length: COUNT }, () => value(4));
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ferronode-'));
(async () => {
  assert.deepStrictEqual(await answer(), ['ready', undefined]);
  for (const [name, run] of Object.entries(cases)) {
    const timer = setTimeout(() => { console.error(`${name} hangs`); process.exit(1); }, 20_000);
    await run().catch((error) => { console.error(`${name}:`, error); process.exit(1); });
    clearTimeout(timer);
  }
  child.disconnect();
  const [code, signal] = await once(child, 'exit');
  assert.deepStrictEqual([code, signal, answers.length], [0, null, 0]);
  fs.rmSync(folder, { recursive: true });
  console.log(`${Object.keys(cases).length} cases held, and the child exited with 0`);
})();
