import { AsyncLocalStorage } from 'node:async_hooks';

/** What belongs to the running request wherever the code is: put into each of its log lines. */
export interface RequestContext {
  /** Of a job: the request that caused it. */
  readonly requestId: string;
  /** What runs, where it is no request: jobs of a queue, or a schedule with its id as queue. */
  readonly job?: { readonly queue: string; readonly ids: readonly string[] };
  /** From where the request came; a job has none. */
  readonly client?: { readonly address: string; readonly userAgent: string | undefined };
  userId?: string;
  /** The API key by which they came. */
  apiKeyId?: string;
}

const storage = new AsyncLocalStorage<RequestContext>();

export const requestContext = {
  run: <T>(context: RequestContext, work: () => T): T => storage.run(context, work),
  get: (): RequestContext | undefined => storage.getStore(),
};
