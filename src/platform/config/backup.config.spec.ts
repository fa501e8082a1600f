import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig, type Environment } from './load-config.js';

describe('the place of backups', () => {
  it.each(['https://key:hunter2@s3.example.org', 'https://hunter2@s3.example.org'])(
    'is shown, so its address holds no secret: %s',
    (address) => {
      let error: unknown;
      try {
        loadConfig({ BACKUP_S3_ENDPOINT: address });
      } catch (refusal) {
        error = refusal;
      }
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as ConfigError).problems.map(({ variable }) => variable)).toEqual(['BACKUP_S3_ENDPOINT']);
      expect((error as ConfigError).message).not.toContain('hunter2');
    },
  );

  it('is beside the data unless another folder, or a bucket, is named', () => {
    const bucket = { BACKUP_S3_BUCKET: 'family', BACKUP_S3_ACCESS_KEY_ID: 'x', BACKUP_S3_SECRET_ACCESS_KEY: 'y' };
    const isBeside = (env: Environment): boolean => loadConfig(env).backup.isBeside('/srv/data');
    expect(loadConfig({}).backup.isBeside('./data')).toBe(true);
    expect(isBeside({ BACKUP_FOLDER: '/srv/data/..backups' })).toBe(true);
    expect(isBeside({ BACKUP_FOLDER: '/srv/data-backups' })).toBe(false);
    expect(isBeside({ BACKUP_FOLDER: '/mnt' })).toBe(false);
    expect(isBeside(bucket)).toBe(false);
  });
});
