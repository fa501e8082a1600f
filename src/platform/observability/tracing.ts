import { setTimeout as sleep } from 'node:timers/promises';

/** Longest wait for the collector at the end of the process, in milliseconds. */
const PATIENCE = 3000;

let sendQueued: (() => Promise<void>) | undefined;

/** The preload, if it has started tracing, leaves here how to send what is still queued. */
export function onTracingEnd(send: () => Promise<void>): void {
  sendQueued = send;
}

/** Sends the last spans. A collector that is away costs them, and a short wait, but never the orderly end. */
export async function endTracing(): Promise<void> {
  if (!sendQueued) return;
  const sent = sendQueued().catch(() => undefined);
  await Promise.race([sent, sleep(PATIENCE, undefined, { ref: false })]);
}
