import { StandardRetryStrategy } from '@smithy/core/retry';

type Token = Awaited<ReturnType<StandardRetryStrategy['acquireInitialRetryToken']>>;
type ErrorInfo = Parameters<StandardRetryStrategy['refreshRetryTokenForRetry']>[1];

/**
 * The client's own way to try again, for each request by itself. By default all of a client's requests share a budget of
 * retries that an outage of the store uses up: afterwards nothing would be tried again for many requests.
 */
export class RetriesOfEach {
  private readonly strategies = new WeakMap<object, StandardRetryStrategy>();

  /** @param attempts of one request, the first one included */
  constructor(private readonly attempts: number) {}

  async acquireInitialRetryToken(scope: string): Promise<Token> {
    const strategy = new StandardRetryStrategy(this.attempts);
    return this.of(strategy, await strategy.acquireInitialRetryToken(scope));
  }

  /** Waits as long as is to be waited. @throws Error when it is not to be tried again */
  async refreshRetryTokenForRetry(token: Token, error: ErrorInfo): Promise<Token> {
    const strategy = this.strategies.get(token) ?? new StandardRetryStrategy(this.attempts);
    return this.of(strategy, await strategy.refreshRetryTokenForRetry(token, error));
  }

  recordSuccess(): void {
    // Nothing is shared, so there is nothing to give back.
  }

  private of(strategy: StandardRetryStrategy, token: Token): Token {
    this.strategies.set(token, strategy);
    return token;
  }
}
