/** Builds and serves, and does both again when a source changes. */
import { spawn, spawnSync } from 'node:child_process';
import { watch } from 'node:fs';

let server;
let timer;

function restart() {
  if (spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' }).status !== 0) return;
  const start = () => {
    server = spawn(process.execPath, ['--enable-source-maps', 'dist/src/main.js'], {
      stdio: 'inherit',
    });
  };
  if (!server || server.exitCode !== null) start();
  else {
    // The embedded database allows one process: the old one has to be gone first.
    server.once('exit', start);
    server.kill('SIGTERM');
  }
}

for (const folder of ['src', 'migrations']) {
  watch(folder, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(restart, 200);
  });
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    server?.once('exit', () => process.exit(0));
    if (!server?.kill('SIGTERM')) process.exit(0);
  });
}
restart();
