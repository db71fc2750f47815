// The other end of tests/node: values in frames, as a channel has them, over standard input and output.
'use strict';
const v8 = require('node:v8');
const assert = require('node:assert');
const { readFileSync, writeSync } = require('node:fs');
const randomValues = require('./random.js');
const [dialect, task, seed, count] = process.argv.slice(2);

// As a child process's channel: a number before a host object says whether it is a view.
class ChannelSerializer extends v8.DefaultSerializer {
  _writeHostObject(object) {
    const isView = ArrayBuffer.isView(object);
    this.writeUint32(isView ? 0 : 1);
    if (isView) super._writeHostObject(object);
    else this.writeValue({ ...object });
  }
}
class ChannelDeserializer extends v8.DefaultDeserializer {
  _readHostObject() {
    return this.readUint32() === 0 ? super._readHostObject() : this.readValue();
  }
}
const [Serializer, Deserializer] = dialect === 'channel'
  ? [ChannelSerializer, ChannelDeserializer] : [v8.DefaultSerializer, v8.DefaultDeserializer];

function encode(value) {
  const serializer = new Serializer();
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}
function decode(payload) {
  const deserializer = new Deserializer(payload);
  deserializer.readHeader();
  return deserializer.readValue();
}
function* frames() {
  const bytes = readFileSync(0);
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    yield bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
}
function send(payloads) {
  const parts = payloads.flatMap((payload) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(payload.length);
    return [length, payload];
  });
  const bytes = Buffer.concat(parts);
  for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
}

const values = () => randomValues(Number(seed), Number(count));

const tasks = {
  // Sends values of its own.
  say() { send(values().map(encode)); },
  // The same values have come back.
  hear() {
    const expected = values();
    let heard = 0;
    for (const payload of frames()) assert.deepStrictEqual(decode(payload), expected[heard++]);
    assert.strictEqual(heard, expected.length);
  },
  // Sends back what it understands.
  echo() { send(Array.from(frames(), (payload) => encode(decode(payload)))); },
  // Each payload is followed by the JSON of what it should be; sends back what it makes of the JSON.
  json() {
    const answers = [];
    let found;
    for (const payload of frames()) {
      if (found === undefined) { found = { value: decode(payload) }; continue; }
      const expected = JSON.parse(payload);
      assert.deepStrictEqual(found.value, expected);
      found = undefined;
      answers.push(encode(expected));
    }
    send(answers);
  },
};
tasks[task]();
