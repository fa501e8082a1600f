import { hash, verify } from '@node-rs/argon2';
import { Injectable } from '@nestjs/common';
import bcrypt from 'bcrypt';
import pLimit from 'p-limit';
import { AuthConfig } from '../../../platform/config/index.js';
import { AuthError } from '../auth.errors.js';

/** bcrypt reads no further; longer passwords would agree in what it reads. */
const BCRYPT_BYTES = 72;
const BCRYPT = /^\$2[aby]\$/;

/** What is done in the same turn as a verification: before it (which may refuse) and after it. */
export interface VerifyTurn {
  readonly before?: () => Promise<void>;
  readonly after?: (isRight: boolean) => Promise<void>;
}

/**
 * argon2id (RFC 9106) in a bounded queue: hashing costs tens of milliseconds of a core, so only so many run at once and
 * other requests keep theirs. Hashes of bcrypt, from imported accounts, are verified as well.
 */
@Injectable()
export class PasswordHasher {
  private readonly limit: ReturnType<typeof pLimit>;
  private dummy: Promise<string> | undefined;

  constructor(private readonly config: AuthConfig) {
    this.limit = pLimit(config.hashConcurrency);
  }

  /** @throws AuthError `sign_in_busy` when the queue is full */
  hash(password: string): Promise<string> {
    return this.queued(() => hash(normalise(password), this.options()));
  }

  /**
   * Whether the password belongs to the hash. Without one, and where bcrypt could not read it all, a hash is verified all
   * the same, so that they take as long as others.
   * @param turn what belongs to it, done within the same turn of the queue: so parallel guesses are counted one by one
   * @throws AuthError `sign_in_busy` when the queue is full
   */
  async verify(stored: string | undefined, password: string, turn: VerifyTurn = {}): Promise<boolean> {
    const dummy = await this.dummyHash();
    return this.queued(async () => {
      await turn.before?.();
      const isRight = await this.compare(stored, password, dummy);
      await turn.after?.(isRight);
      return isRight;
    });
  }

  private async compare(stored: string | undefined, password: string, dummy: string): Promise<boolean> {
    const isOfBcrypt = stored !== undefined && BCRYPT.test(stored);
    if (stored === undefined || (isOfBcrypt && Buffer.byteLength(password) > BCRYPT_BYTES)) {
      await verify(dummy, normalise(password));
      return false;
    }
    // As it was typed: whoever made the hash did not normalise. The mark of PHP, 2y, means the same as 2b.
    if (isOfBcrypt) return bcrypt.compare(password, stored.replace(/^\$2y/, '$$2b'));
    return verify(stored, normalise(password));
  }

  /** Whether a hash was made another way than today's: it is replaced at the next sign-in. */
  isOutdated(stored: string): boolean {
    const { argon2Memory, argon2Passes } = this.config;
    return !stored.startsWith(`$argon2id$v=19$m=${String(argon2Memory)},t=${String(argon2Passes)},p=1$`);
  }

  private dummyHash(): Promise<string> {
    this.dummy ??= hash('a password of nobody', this.options());
    return this.dummy;
  }

  /** The library's default algorithm is argon2id. */
  private options(): { memoryCost: number; timeCost: number; parallelism: number } {
    return { memoryCost: this.config.argon2Memory, timeCost: this.config.argon2Passes, parallelism: 1 };
  }

  private queued<T>(work: () => Promise<T>): Promise<T> {
    if (this.limit.pendingCount >= this.config.hashQueue) throw new AuthError('sign_in_busy', { retryAfter: 2 });
    return this.limit(work);
  }
}

/** The same password typed on another keyboard may be composed otherwise (NIST SP 800-63B, 3.1.1.2). */
const normalise = (password: string): string => password.normalize('NFKC');
