import { setTimeout as sleep } from 'node:timers/promises';

/** Longest wait for the collector at the end of the process, in milliseconds. */
const PATIENCE = 3000;

type ExportListener = (spans: number, isTaken: boolean) => void;

let sendQueued: (() => Promise<void>) | undefined;
let listener: ExportListener | undefined;

/** The preload, if it has started tracing, leaves here how to send what is still queued. */
export function onTracingEnd(send: () => Promise<void>): void {
  sendQueued = send;
}

/** Whether spans are recorded in this process. */
export const isTracingOn = (): boolean => sendQueued !== undefined;

/** Asks to be told of each batch of spans that the collector has taken, or not. */
export function onExport(tell: ExportListener): void {
  listener = tell;
}

/** Tells how the sending of a batch of spans ended. */
export function tellExport(spans: number, isTaken: boolean): void {
  listener?.(spans, isTaken);
}

/** Sends the last spans. A collector that is away costs them, and a short wait, but never the orderly end. */
export async function endTracing(): Promise<void> {
  if (!sendQueued) return;
  const sent = sendQueued().catch(() => undefined);
  await Promise.race([sent, sleep(PATIENCE, undefined, { ref: false })]);
}
