// The Node side of crypto_ratios.rs: a line "name size count" in, the nanoseconds of `count` calls out.
import crypto from 'node:crypto';
import readline from 'node:readline';

const key = Buffer.alloc(32, 7);
const iv = Buffer.alloc(12, 1);
const cases = {
  md5: (data) => crypto.createHash('md5').update(data).digest(),
  sha256: (data) => crypto.createHash('sha256').update(data).digest(),
  'aes-256-gcm': (data) => {
    const cipher = crypto.createCipheriv('aes-256-gcm', key, iv);
    const hidden = cipher.update(data);
    cipher.final();
    return [hidden, cipher.getAuthTag()];
  },
  'des-ecb': (data) => {
    const cipher = crypto.createCipheriv('des-ecb', key.subarray(0, 8), null);
    return [cipher.update(data), cipher.final()];
  },
};
let sink;
for await (const line of readline.createInterface({ input: process.stdin })) {
  const [name, size, count] = line.split(' ');
  const run = cases[name];
  const data = Buffer.alloc(Number(size), 'x');
  const start = process.hrtime.bigint();
  for (let i = Number(count); i > 0; i--) sink = run(data);
  console.log(String(process.hrtime.bigint() - start));
}
