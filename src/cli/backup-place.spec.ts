import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newSecret } from '../platform/config/index.js';
import { placeOfSettings } from './backup-place.js';

const SETTINGS = { DATABASE_URL: 'postgresql://app:x@127.0.0.1/family', BACKUP_FOLDER: '/backups' };

describe('the place of backups', () => {
  let folder: string;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'family-assistant-place-'));
    file = join(folder, 'key');
    await writeFile(file, newSecret());
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['without the key that signs', (): object => ({})],
    ['with the key itself', (): object => ({ JWT_SECRET_KEY: newSecret() })],
    ['with the key as a file', (): object => ({ JWT_SECRET_KEY_FILE: file })],
    ['with an empty name of a file', (): object => ({ JWT_SECRET_KEY_FILE: '' })],
  ])('is known %s', (_, more) => {
    expect(placeOfSettings({ ...SETTINGS, ...more() }).target.description).toContain('/backups');
  });
});
