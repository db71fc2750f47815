const { EventEmitter } = require('node:events');

const emitter = new EventEmitter();
emitter.once('test', () => console.log('once'));
emitter.on('test', () => console.log('on'));
emitter.emit('test');
emitter.emit('test');
emitter.emit('test');
