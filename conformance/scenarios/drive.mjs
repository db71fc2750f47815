// drive.mjs - runs child_process SCENARIOS (JSON lines {id,args} on stdin) against real Node; prints {id, got}: the transcript a Rust driver must reproduce.
// args: {api, file|command, args?, options?, actions?, abort_ms?, reply?, disconnect_on_message?}. Bytes are hex. See ../vectors/README.md, child_process.
import cp from 'node:child_process';
import readline from 'node:readline';
const err = (e) => {
  if (!e) return null;
  const o = { name: e.name };
  for (const k of ['code', 'errno', 'syscall', 'path', 'spawnargs', 'killed', 'signal', 'cmd', 'status'])
    if (k in e && e[k] !== undefined) o[k] = e[k];
  o.message = e.message;
  return o;
};
const hex = (x) => (x == null ? null : Buffer.from(x).toString('hex'));
const opts = (o = {}) => {
  const r = { ...o };
  if (r.input) r.input = Buffer.from(r.input.hex, 'hex');
  if (r.env_extra) {
    r.env = { ...process.env, ...r.env_extra };
    delete r.env_extra;
  }
  if (!('stdio' in r) && r.sync_pipe) r.stdio = 'pipe';
  delete r.sync_pipe;
  return r;
};
export async function run(s) {
  const o = opts(s.options);
  try {
    switch (s.api) {
      case 'spawnSync': {
        const r = cp.spawnSync(s.file, s.args ?? [], o);
        return {
          status: r.status,
          signal: r.signal,
          pid: r.pid > 0,
          stdout: hex(r.stdout),
          stderr: hex(r.stderr),
          extra: r.output ? r.output.slice(3).map(hex) : null,
          error: err(r.error),
        };
      }
      case 'execFileSync':
      case 'execSync': {
        try {
          const r =
            s.api === 'execSync'
              ? cp.execSync(s.command, { stdio: 'pipe', ...o })
              : cp.execFileSync(s.file, s.args ?? [], { stdio: 'pipe', ...o });
          return { stdout: hex(r) };
        } catch (e) {
          if (!('status' in e) && !e.syscall) throw e;
          return { thrown: err(e), stdout: hex(e.stdout), stderr: hex(e.stderr) };
        }
      }
      case 'exec':
      case 'execFile':
        return await new Promise((res) => {
          const cb = (e, a, b) => res({ error: err(e), stdout: hex(a), stderr: hex(b) });
          let ac;
          if (s.abort_ms !== undefined) {
            ac = new AbortController();
            o.signal = ac.signal;
            setTimeout(() => ac.abort(), s.abort_ms);
          }
          const c = s.api === 'exec' ? cp.exec(s.command, o, cb) : cp.execFile(s.file, s.args ?? [], o, cb);
          if (s.stdin) c.stdin.end(Buffer.from(s.stdin.hex, 'hex'));
        });
      case 'spawn':
        return await new Promise((res) => {
          let ac;
          if (s.abort_ms !== undefined) {
            ac = new AbortController();
            o.signal = ac.signal;
          }
          const log = [];
          const p = cp.spawn(s.file, s.args ?? [], o);
          const sinks = {};
          const sync = {
            pid: typeof p.pid === 'number',
            spawnfile: p.spawnfile,
            spawnargs: p.spawnargs,
            stdio: p.stdio.map((x) => (x === null ? 'null' : x === undefined ? 'undefined' : 'stream')),
            connected: p.connected ?? null,
          };
          p.stdio.forEach((x, i) => {
            if (x && x.readable && i > 0) {
              sinks[i] = [];
              x.on('data', (d) => sinks[i].push(d)).on('error', () => {});
            }
            if (x && x.writable) x.on('error', () => {});
          });
          p.on('spawn', () => {
            log.push(['spawn']);
            if (ac) setTimeout(() => ac.abort(), s.abort_ms);
          });
          p.on('error', (e) => {
            log.push(['error', err(e)]);
          });
          p.on('exit', (c, g) => log.push(['exit', c, g]));
          p.on('disconnect', () => log.push(['disconnect']));
          p.on('message', (m) => {
            log.push(['message', m]);
            if (s.reply !== undefined) p.send(s.reply);
            if (s.disconnect_on_message) p.disconnect();
          });
          let fin = false;
          const finish = () => {
            if (fin) return;
            fin = true;
            const out = {};
            for (const i in sinks) out[i] = Buffer.concat(sinks[i]).toString('hex');
            res({
              sync,
              events: log,
              out,
              final: {
                exitCode: p.exitCode,
                signalCode: p.signalCode,
                killed: p.killed,
                connected: p.connected ?? null,
                kill_after: p.kill(),
              },
            });
          };
          p.on('close', (c, g) => {
            log.push(['close', c, g]);
            finish();
          });
          p.on('exit', () => setTimeout(finish, 600)); // no close within 600 ms of exit: recorded as absent (parent-side disconnect quirk)
          for (const a of s.actions ?? []) {
            const f = () => {
              if (a.do === 'write') p.stdin.write(Buffer.from(a.hex, 'hex'));
              else if (a.do === 'end') p.stdin.end(a.hex ? Buffer.from(a.hex, 'hex') : undefined);
              else if (a.do === 'kill') log.push(['killret', p.kill(a.signal), p.killed]);
              else if (a.do === 'write_fd') p.stdio[a.fd].write(Buffer.from(a.hex, 'hex'));
              else if (a.do === 'send') p.send(a.msg);
              else if (a.do === 'disconnect') p.disconnect();
            };
            if (a.after_ms === undefined) f();
            else if (a.after_ms === 'spawn') p.on('spawn', f);
            else if (a.after_ms === 'stdout') p.stdout.once('data', f);
            else setTimeout(f, a.after_ms);
          }
        });
    }
    throw new Error('bad api');
  } catch (e) {
    if (e.message === 'bad api') throw e;
    return { throws: err(e) };
  }
}
// where "exit" falls among disconnect/message is a race in Node: canonical form puts it just before "close" (or last)
export const canon = (t) => {
  if (t && t.events) {
    const k = t.events.findIndex((e) => e[0] === 'exit');
    if (k >= 0) {
      const [x] = t.events.splice(k, 1);
      const c = t.events.findIndex((e) => e[0] === 'close');
      t.events.splice(c < 0 ? t.events.length : c, 0, x);
    }
  }
  return t;
};
if (process.argv[1]?.endsWith('drive.mjs'))
  for await (const l of readline.createInterface({ input: process.stdin }))
    if (l.trim()) {
      const v = JSON.parse(l);
      console.log(JSON.stringify({ id: v.id, got: canon(await run(v.args)) }));
    }
