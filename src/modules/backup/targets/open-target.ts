import type { BackupConfig } from '../../../platform/config/index.js';
import { FolderTarget } from './folder-target.js';
import { S3Target } from './s3-target.js';
import type { Target } from './target.js';

/** The place that the settings name. Nothing is asked of it yet. */
export function openTarget(config: BackupConfig, dataDir: string): Target {
  const { s3Bucket: bucket, s3AccessKeyId: accessKeyId, s3SecretAccessKey: secretAccessKey } = config;
  if (bucket === undefined || accessKeyId === undefined || secretAccessKey === undefined)
    return new FolderTarget(config.folderIn(dataDir));
  return new S3Target({
    endpoint: config.s3Endpoint,
    region: config.s3Region,
    bucket,
    prefix: config.s3Prefix ?? '',
    usesPathStyle: config.s3PathStyle,
    accessKeyId,
    secretAccessKey,
    silence: config.s3Silence * 1000,
  });
}
