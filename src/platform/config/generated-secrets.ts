import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { secretBytes, SECRET_BYTES } from './env.decorators.js';
import { ConfigError } from './load-config.js';

/** Keys of the access tokens: the one that signs, and the one before it, still accepted. */
export interface SigningSecrets {
  readonly current: string;
  readonly previous?: string | undefined;
}

const FILE = 'secrets.json';

/** Secrets of the embedded mode: made once, kept in the data folder, readable by the owner only (mode 0600). */
export function loadOrCreateSecrets(dataDir: string): SigningSecrets {
  const file = join(dataDir, FILE);
  if (!existsSync(file)) return write(dataDir, { current: newSecret() });
  const fail = (message: string): never => {
    throw new ConfigError([{ variable: 'DATA_DIR', message: `${FILE} ${message}` }]);
  };
  let stored: Partial<SigningSecrets>;
  try {
    stored = JSON.parse(readFileSync(file, 'utf8')) as Partial<SigningSecrets>;
  } catch {
    return fail('is damaged; put a copy back, or delete it (everybody then has to sign in again)');
  }
  const { current, previous } = stored;
  if (typeof current !== 'string' || secretBytes(current) < SECRET_BYTES) return fail('holds no usable key');
  chmodSync(file, 0o600);
  return { current, previous: typeof previous === 'string' ? previous : undefined };
}

/** Makes a new signing key; the old one becomes the previous one, so nobody is signed out. */
export function rotateSecrets(dataDir: string): SigningSecrets {
  const { current } = loadOrCreateSecrets(dataDir);
  return write(dataDir, { current: newSecret(), previous: current });
}

/** A new secret of 256 random bits. */
export const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

/** Written beside and renamed, so that a crash leaves the old file or the new one, never half of it. */
function write(dataDir: string, secrets: SigningSecrets): SigningSecrets {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, FILE);
  const handle = openSync(`${file}.new`, 'w', 0o600);
  writeSync(handle, `${JSON.stringify(secrets, null, 2)}\n`);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(`${file}.new`, file);
  return secrets;
}
