declare module 's3rver' {
  import type { Server } from 'node:http';

  /** A server that speaks S3 and keeps its objects in a folder. Its key is `S3RVER`, its secret the same. */
  export default class S3rver {
    constructor(options: {
      port: number;
      address: string;
      silent: boolean;
      directory: string;
      configureBuckets: { name: string; configs: unknown[] }[];
    });
    /** While it runs. */
    readonly httpServer: Server;
    run(): Promise<unknown>;
    close(): Promise<void>;
  }
}
