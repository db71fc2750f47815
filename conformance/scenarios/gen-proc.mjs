// gen-proc.mjs --seed S --out FILE : deterministic child_process scenarios with Node's transcript. Each scenario is run 5 times and kept only if all transcripts agree.
import { run, canon } from './drive.mjs';
import crypto from 'node:crypto';
import { writeFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import os from 'node:os';
const arg = (n, d) => {
  const i = process.argv.indexOf('--' + n);
  return i < 0 ? d : process.argv[i + 1];
};
const SEED = arg('seed', 'public');
let ctr = 0;
const u32 = () =>
  crypto
    .createHash('sha256')
    .update(SEED + '|proc|' + ctr++)
    .digest()
    .readUInt32LE(0);
const int = (n) => u32() % n,
  pick = (a) => a[int(a.length)],
  chance = (p) => u32() / 2 ** 32 < p;
const S = [];
const add = (o) => S.push({ id: 'x' + S.length, ...o });
const hx = (s) => Buffer.from(s).toString('hex');
const words = () =>
  Array.from({ length: int(4) }, () =>
    pick(['a', 'b c', '$HOME', '*', "it's", '"q"', '', 'é€', '\\', ';', '&&', '|', '`x`', '-n', '😀', 'a\tb', '#c']),
  );
const N = +arg('scale', '1');
for (let i = 0; i < 60 * N; i++) add({ api: 'spawn', file: 'printf', args: ['[%s]', ...words()] });
for (let i = 0; i < 30 * N; i++)
  add({ api: 'spawn', file: 'sh', args: ['-c', `printf o${i}; printf e${i} >&2; exit ${int(256)}`] });
for (let i = 0; i < 24 * N; i++) {
  const sig = pick([
    'TERM',
    'KILL',
    'INT',
    'HUP',
    'QUIT',
    'USR1',
    'USR2',
    'ALRM',
    'ABRT',
    'SEGV',
    'PIPE',
    'BUS',
    'FPE',
    'ILL',
    'TRAP',
    'XCPU',
    'SYS',
  ]);
  add({
    api: pick(['spawn', 'spawnSync', 'execFile']),
    file: 'sh',
    args: ['-c', `ulimit -c 0; printf x; kill -${sig} $$`],
  });
}
for (let i = 0; i < 20 * N; i++) {
  const sig = pick(['SIGTERM', 'SIGKILL', 'SIGINT', 'sighup', 15, 9, undefined, 'SIGQUIT', 'SIGUSR1']);
  add({
    api: 'spawn',
    file: 'sleep',
    args: ['5'],
    actions: [{ do: 'kill', signal: sig, after_ms: pick(['spawn', 20]) }],
  });
}
for (const c of [0, 3, 7])
  add({
    api: 'spawn',
    file: 'sh',
    args: ['-c', `trap "exit ${c}" TERM; echo r; while :; do sleep 0.02; done`],
    actions: [{ do: 'kill', after_ms: 'stdout' }],
  });
for (const f of ['/no/such', 'no-such-cmd-zz', '/etc/passwd', '/', './nope', 'a b', '/bin/sh/x'])
  for (const api of ['spawn', 'spawnSync', 'execFile', 'execFileSync'])
    add({ api, file: f, args: pick([[], ['x'], ['x', 'y z']]) });
for (const api of ['spawn', 'spawnSync', 'execFile', 'execFileSync']) {
  add({ api, file: 'true', options: { cwd: '/no/dir' } });
  add({ api, file: 'pwd', options: { cwd: pick(['/usr', '/etc', '/']) } });
  add({ api, file: 'a\0b' });
  add({ api, file: 'true', args: ['x\0y'] });
  add({ api, file: '' });
  add({ api, file: 'ls', options: { env: { PATH: '/nonexistent' } } });
  add({ api, file: 'env', options: { env: { A: '1', B: 'x y', PATH: '/usr/bin:/bin' } } });
  add({ api, file: 'sh', args: ['-c', 'echo $0'], options: { argv0: 'zed' } });
  add({ api, file: 'echo $0 a  b', args: ['c  d', '$((1+2))'], options: { shell: true } });
  add({ api, file: 'echo $0', options: { shell: '/bin/bash' } });
  add({ api, file: 'id', args: ['-u'], options: { uid: 65534, gid: 65534 } });
  add({ api, file: 'x', options: { shell: '/no/shell' } });
  add({ api, file: 'true', options: { killSignal: 'SIGNOPE' } });
  add({ api, file: 'true', options: { timeout: -1 } });
  add({ api, file: 'true', options: { cwd: 5 } });
  add({ api, file: 'true', options: { maxBuffer: -1 } });
  add({ api, file: 'true', options: { stdio: 'bogus' } });
  add({ api, file: 'true', options: { uid: 1.5 } });
  add({ api, file: 'true', options: { detached: 'x' } });
  add({ api, file: 'true', options: { argv0: 5 } });
}
for (let i = 0; i < 30 * N; i++) {
  const d = crypto
    .createHash('sha512')
    .update('d' + i)
    .digest()
    .subarray(0, int(60))
    .toString('hex');
  add({
    api: 'spawn',
    file: 'cat',
    actions: chance(0.5)
      ? [{ do: 'end', hex: d }]
      : [{ do: 'write', hex: d.slice(0, 2 * int(20)) || '61' }, { do: 'write', hex: '0a' }, { do: 'end' }],
  });
  add({ api: pick(['spawnSync', 'execFileSync']), file: pick(['cat', 'wc', 'sort']), options: { input: { hex: d } } });
}
for (let i = 0; i < 40 * N; i++)
  add({
    api: pick(['exec', 'execSync']),
    command: pick([
      `echo hi; echo err >&2; exit ${int(6)}`,
      'echo $0',
      'printf é€😀',
      'no-such-cmd-xyz',
      'kill -9 $$',
      'kill -TERM $$',
      'exit 300',
      'false',
      'true',
      'echo a | tr a b',
      'cd /usr && pwd',
      'printf "\\377\\376x"',
      'exec 2>&-; exit 2',
      'printf x >&2; exit 1',
      '(exit 5)',
      'sleep 0.05; echo late',
      'syntax error (',
      ': > /no/dir/x',
    ]),
    options: chance(0.3)
      ? { encoding: pick(['utf8', 'latin1', 'hex', 'base64', 'buffer', 'utf16le', 'ascii']) }
      : undefined,
  });
for (const b of [0, 1, 2, 5, 6, 7, 100])
  for (const [k, cmd] of [
    ['exec', 'printf 123456'],
    ['exec', 'printf 123456 >&2'],
    ['exec', 'printf é€é€'],
    ['execSync', b > 0 && b < 6 ? 'printf 123456; exec sleep 5' : 'printf 123456'],
    ['exec', 'printf ab; printf cd >&2'],
  ])
    add({ api: k, command: cmd, options: { maxBuffer: b } });
for (const b of [0, 3, 6])
  for (const e of ['latin1', 'hex', 'base64', 'buffer'])
    add({ api: 'exec', command: 'printf 123456', options: { maxBuffer: b, encoding: e } });
add({ api: 'exec', command: 'head -c 1048576 /dev/zero | tr "\\0" a | md5sum' });
for (const n of [1048576, 1048577])
  add({
    api: 'spawnSync',
    file: 'sh',
    args: ['-c', n > 1048576 ? `head -c ${n} /dev/zero >&2; exec sleep 5` : `head -c ${n} /dev/zero >&2; echo done`],
    options: { stdio: ['ignore', 'pipe', 'pipe'] },
  });
for (const ks of [undefined, 'SIGKILL', 'SIGINT', 'SIGUSR1']) {
  for (const api of ['spawn', 'spawnSync', 'execFile', 'execFileSync'])
    add({ api, file: 'sleep', args: ['5'], options: { timeout: 60, ...(ks ? { killSignal: ks } : {}) } });
  add({ api: 'exec', command: 'exec sleep 5', options: { timeout: 60, ...(ks ? { killSignal: ks } : {}) } });
  add({ api: 'spawn', file: 'sleep', args: ['5'], abort_ms: 20, options: ks ? { killSignal: ks } : {} });
  add({ api: 'execFile', file: 'sleep', args: ['5'], abort_ms: 30, options: ks ? { killSignal: ks } : {} });
}
for (const st of [
  'pipe',
  'ignore',
  ['ignore', 'pipe', 'ignore'],
  ['pipe', 'pipe'],
  ['pipe'],
  [],
  ['pipe', 'pipe', 'pipe', 'pipe'],
  [null, undefined, 'ignore'],
  ['ignore', 'ignore', 'ignore', 'ignore', 'pipe'],
  'overlapped',
  ['overlapped', 'pipe', 'pipe'],
  ['pipe', 'pipe', 'pipe', null],
  ['x'],
  ['ipc', 'ipc'],
  [{}],
  ['bogus', 'pipe'],
]) {
  add({
    api: 'spawn',
    file: 'sh',
    args: [
      '-c',
      'echo o; echo e >&2; for i in 0 1 2 3 4 5; do [ -e /proc/$$/fd/$i ] && printf "$i " >&2; done; exit 0',
    ],
    options: { stdio: st },
  });
  if (!JSON.stringify(st).includes('overlapped'))
    add({ api: 'spawnSync', file: 'sh', args: ['-c', 'echo o; echo e >&2'], options: { stdio: st } });
}
for (let i = 0; i < 6 * N; i++)
  add({
    api: 'spawn',
    file: 'sh',
    args: ['-c', 'read x <&3; echo "got-$x" >&3; exec 3>&-'],
    options: { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] },
    actions: [{ do: 'write_fd', fd: 3, hex: hx('m' + int(100) + '\n') }],
  });
add({ api: 'spawn', file: 'sh', args: ['-c', '(sleep 0.2; printf late) & printf now; exit 4'] });
add({ api: 'spawn', file: 'sh', args: ['-c', 'sleep 0.2 & exit 4'], options: { stdio: 'ignore' } });
add({ api: 'spawnSync', file: 'sh', args: ['-c', '(sleep 0.2; printf late) & printf now; exit 4'] });
// IPC, language-neutral: the child is bash speaking the JSON line protocol on NODE_CHANNEL_FD
const IPC = ['ignore', 'pipe', 'pipe', 'ipc'];
const sh = (c) => ({ api: 'spawn', file: 'bash', args: ['-c', c], options: { stdio: IPC } });
for (const m of [
  1,
  'é',
  null,
  true,
  { a: [1, { b: null }] },
  [],
  '',
  { cmd: 'x' },
  { cmd: 'NODE_x' },
  1e21,
  -0.5,
  'a\nb',
  '\u2028',
  { t: '\ud800' },
]) {
  add({ ...sh('read -r l <&$NODE_CHANNEL_FD; printf %s "$l"'), actions: [{ do: 'send', msg: m }] });
  add({ ...sh(`printf '%s\\n' '${JSON.stringify(m).replace(/'/g, "'\\''")}' >&$NODE_CHANNEL_FD`) });
}
add({ ...sh('echo $NODE_CHANNEL_FD; echo $NODE_CHANNEL_SERIALIZATION_MODE') });
add({ ...sh('printf "1\\n2\\n[3" >&$NODE_CHANNEL_FD; sleep 0.05; printf "]\\n4" >&$NODE_CHANNEL_FD') });
add({
  ...sh('echo \'"hi"\' >&$NODE_CHANNEL_FD; read -r l <&$NODE_CHANNEL_FD; printf %s "$l"; exit 6'),
  reply: { re: 1 },
});
add({ ...sh('echo 1 >&$NODE_CHANNEL_FD; read -r l <&$NODE_CHANNEL_FD; echo "eof $?"'), disconnect_on_message: true });
add({ ...sh('exec 3>&-; sleep 0.1; exit 2') });
add({ ...sh('exit 0'), actions: [{ do: 'disconnect' }] });
add({ ...sh('read -r l <&$NODE_CHANNEL_FD; echo $?'), actions: [{ do: 'disconnect', after_ms: 'spawn' }] });
const out = [];
let dropped = [];
const conc = 6;
let i = 0;
const scen = S.map((s) => JSON.parse(JSON.stringify(s)));
async function one(s) {
  const r = [];
  for (let k = 0; k < 5; k++) {
    let tm;
    const x = await Promise.race([
      run(s),
      new Promise((f) => {
        tm = setTimeout(() => f({ hang: true }), 4000);
      }),
    ]);
    clearTimeout(tm);
    if (x.hang) {
      console.log('HANG', JSON.stringify(s));
      return null;
    }
    r.push(JSON.stringify(canon(x)));
  }
  return r.every((x) => x === r[0]) ? r[0] : null;
}
const res = new Array(scen.length);
await Promise.all(
  Array.from({ length: conc }, async () => {
    while (i < scen.length) {
      const k = i++;
      res[k] = await one(scen[k]);
    }
  }),
);
scen.forEach((s, k) => {
  if (res[k]) {
    const { id, ...args } = s;
    out.push(
      JSON.stringify({
        id,
        module: 'child_process',
        op: args.api,
        tier: args.options?.uid !== undefined ? 'edge' : 'core',
        args,
        expect: JSON.parse(res[k]),
      }),
    );
  } else dropped.push(s.id + ':' + s.api + ':' + (s.command ?? s.file));
});
mkdirSync(path.dirname(arg('out', 'out/x')), { recursive: true });
writeFileSync(arg('out', 'out/public.jsonl'), out.join('\n') + '\n');
console.log(
  'scenarios',
  scen.length,
  'kept',
  out.length,
  'dropped as non-deterministic',
  dropped.length,
  dropped.slice(0, 10).join(' | '),
);
process.exit(0);
