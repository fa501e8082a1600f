import type { PendingText } from './embeddings.repository.js';

/** Texts of one round: small enough that a query overtakes them soon, large enough that transactions are few. */
export const ROUND = 64;

/** A turn is understood together with what was said before it, and by whom: see `search/ranking`. */
export function passageOf({ content, speaker, before, speakerBefore }: PendingText): string {
  const said = (name: string | null, text: string): string => (name === null ? text : `${name}: ${text}`);
  return before === null ? said(speaker, content) : `${said(speakerBefore, before)}\n${said(speaker, content)}`;
}
