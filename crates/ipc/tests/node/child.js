// A Node child for a Rust parent: sends every message back as it came, with the handle that came with it.
'use strict';
process.on('message', (message, handle) => {
  // A listener or a UDP socket that travels stays open here; a connection does not.
  process.send(message, handle, () => {
    if (handle && typeof handle.close === 'function') handle.close();
  });
});
process.send('ready');
