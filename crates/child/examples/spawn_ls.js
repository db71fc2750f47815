const { spawn } = require('node:child_process');

const ls = spawn('ls', ['-lh', '/usr']);
ls.stdout.on('data', (chunk) => console.log(`stdout: ${chunk}`));
ls.stderr.on('data', (chunk) => console.log(`stderr: ${chunk}`));
ls.on('close', (code) => console.log(`exited with exit code ${code}`));
