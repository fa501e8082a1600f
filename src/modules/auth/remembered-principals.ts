import type { Metrics } from '../../platform/observability/index.js';
import type { Principal } from '../../platform/security/index.js';

interface Remembered {
  readonly principal: Principal;
  /** Milliseconds since 1970. */
  readonly until: number;
}

const CAPACITY = 10_000;

/** Principals by their credential, for the hot reads that verify them again in the database. The oldest go first. */
export class RememberedPrincipals {
  private readonly entries = new Map<string, Remembered>();

  /** @param ttl seconds; 0 remembers nothing */
  constructor(
    private readonly ttl: number,
    private readonly counters: ReturnType<Metrics['cache']>,
  ) {}

  find(credential: string): Principal | undefined {
    const known = this.entries.get(credential);
    return known && known.until > Date.now() ? known.principal : undefined;
  }

  /** The remembered principal where that will do, else one that is read. */
  async findOr(
    credential: string,
    allowRemembered: boolean,
    read: () => Promise<Principal | undefined>,
  ): Promise<Principal | undefined> {
    const known = allowRemembered ? this.find(credential) : undefined;
    if (known) {
      this.counters.hit();
      return known;
    }
    this.counters.miss();
    this.entries.delete(credential);
    return read();
  }

  /** @param endsAt when the credential itself ends, in milliseconds since 1970 */
  remember(credential: string, principal: Principal, endsAt: number): void {
    if (this.ttl === 0) return;
    if (this.entries.size >= CAPACITY) {
      const oldest = this.entries.keys().next();
      if (!oldest.done) this.entries.delete(oldest.value);
    }
    this.entries.set(credential, { principal, until: Math.min(Date.now() + this.ttl * 1000, endsAt) });
  }
}
