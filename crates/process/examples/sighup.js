process.on('SIGHUP', (signal) => console.log(`Got ${signal} signal.`));
setTimeout(() => {
  console.log('Exiting.');
  process.exit(0);
}, 100);
process.kill(process.pid, 'SIGHUP');
