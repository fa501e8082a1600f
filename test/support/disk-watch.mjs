/**
 * For `node --import`: writes to the file `DISK_WATCH` what happens to the write-ahead log of the embedded database, and
 * when a request is answered, in the order in which it happens: `write`, `sync`, `answer 201`.
 */
import fs from 'node:fs';
import { ServerResponse } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';

const { appendFileSync, fsyncSync, openSync, writeSync } = fs;
const { writeHead } = ServerResponse.prototype;
const logs = new Set();

const tell = (what) => appendFileSync(process.env.DISK_WATCH, `${what}\n`);

fs.openSync = (path, ...rest) => {
  const handle = openSync(path, ...rest);
  if (String(path).includes('/pg_wal/')) logs.add(handle);
  else logs.delete(handle);
  return handle;
};
fs.writeSync = (handle, ...rest) => {
  if (logs.has(handle)) tell('write');
  return writeSync(handle, ...rest);
};
fs.fsyncSync = (handle) => {
  fsyncSync(handle);
  if (logs.has(handle)) tell('sync');
};
ServerResponse.prototype.writeHead = function (status, ...rest) {
  tell(`answer ${status}`);
  return writeHead.call(this, status, ...rest);
};
syncBuiltinESMExports();
