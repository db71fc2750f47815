// Node's own cluster, and a worker that any primary may start. cluster_http.rs and cluster_handoff.rs start it.
//   node cluster_node.mjs http|net       two workers, by NODE_CLUSTER_SCHED_POLICY; says its port
import cluster from 'node:cluster';
import http from 'node:http';
import net from 'node:net';

if (cluster.isPrimary) {
  let up = 0;
  cluster.on('listening', (_, { port }) => {
    if (++up === 2) console.log(port);
  });
  cluster.fork();
  cluster.fork();
} else if (process.argv[2] === 'http') {
  http.createServer((_, answer) => answer.end('hello world\n')).listen(0, '127.0.0.1');
} else {
  net.createServer((socket) => socket.on('error', () => {}).destroy()).listen(0, '127.0.0.1');
}
