process.stderr.write('on standard error\n');
process.stdout.write('on standard output\n');
process.stdin.on('data', (chunk) => process.stdout.write(`data: ${chunk}`));
process.stdin.on('end', () => process.stdout.write('end\n'));
