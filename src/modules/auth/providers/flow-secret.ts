import { createHash, createHmac, randomBytes } from 'node:crypto';

/** What a sign-in at a provider needs; all of it follows from the secret in the browser's cookie. */
export interface FlowSecrets {
  /** What the database knows of it. */
  readonly hash: Buffer;
  /** RFC 6749, section 10.12. */
  readonly state: string;
  /** OpenID Connect Core, section 15.5.2. */
  readonly nonce: string;
  /** RFC 7636, section 4.1: 43 characters of base64url. */
  readonly codeVerifier: string;
}

/** A new secret of 256 random bits. */
export const newFlowSecret = (): string => randomBytes(32).toString('base64url');

/** Derives the values of a flow, so that neither the database nor the provider can continue it without the browser. */
export function flowSecretsOf(secret: string): FlowSecrets {
  const derive = (purpose: string): string => createHmac('sha256', secret).update(purpose).digest('base64url');
  return {
    hash: createHash('sha256').update(secret).digest(),
    state: derive('state'),
    nonce: derive('nonce'),
    codeVerifier: derive('code verifier'),
  };
}
