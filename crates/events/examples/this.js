const { EventEmitter } = require('node:events');

const emitter = new EventEmitter();

function listener(a, b) {
  console.log(a, b, this === emitter);
}

emitter.on('event', listener);
emitter.on('event', listener.bind(emitter));
emitter.on('event', ((that) => (a, b) => console.log(a, b, that === emitter))(emitter));
emitter.on('event', (a, b) => console.log(a, b, this === emitter));
emitter.emit('event', 'a', 'b');
