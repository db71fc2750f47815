// manifest.mjs DIR: adds the child_process scenarios, which the generator does not make, to a set's manifest.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const dir = process.argv[2];
const name = 'child_process.jsonl';
const text = readFileSync(path.join(dir, name));
const manifestPath = path.join(dir, 'manifest.json');
const manifest = JSON.parse(readFileSync(manifestPath));
manifest.files[name] = {
  vectors: text.toString().trim().split('\n').length,
  bytes: text.length,
  sha256: createHash('sha256').update(text).digest('hex'),
  note: 'depends on this machine (/bin/sh, coreutils, root); regenerate where you run it',
};
manifest.total = Object.values(manifest.files).reduce((sum, file) => sum + file.vectors, 0);
writeFileSync(manifestPath, JSON.stringify(manifest, null, 1));
console.log('total vectors', manifest.total);
