import { SetMetadata } from '@nestjs/common';

/** So many requests in a window. */
export interface LimitPolicy {
  readonly name: string;
  readonly requests: number;
  /** Seconds. */
  readonly window: number;
  /** Counted by address even where somebody is signed in: guessing must not get a second counter by a token. */
  readonly byAddress?: boolean;
}

/** The policies of the server; docs/API.md lists them. */
export const LIMIT_POLICIES = {
  default: { name: 'default', requests: 600, window: 60 },
  anonymous: { name: 'anonymous', requests: 300, window: 60 },
  login: { name: 'login', requests: 60, window: 60, byAddress: true },
  register: { name: 'register', requests: 60, window: 60, byAddress: true },
  refresh: { name: 'refresh', requests: 120, window: 60, byAddress: true },
  api_key_create: { name: 'api_key_create', requests: 20, window: 60 },
  mail: { name: 'mail', requests: 20, window: 900, byAddress: true },
  mail_to: { name: 'mail_to', requests: 5, window: 900 },
  mail_address: { name: 'mail_address', requests: 50, window: 900 },
  invitation: { name: 'invitation', requests: 30, window: 60 },
  memory_search: { name: 'memory_search', requests: 30, window: 60 },
  memory_create: { name: 'memory_create', requests: 60, window: 60 },
  alert_test: { name: 'alert_test', requests: 10, window: 60 },
  export: { name: 'export', requests: 5, window: 86_400 },
  turn_create: { name: 'turn_create', requests: 120, window: 60 },
} as const satisfies Record<string, LimitPolicy>;

/** Names of the daily quotas in headers and metrics: of a person, and of a key that has its own. */
export const DAY = 'day';
export const KEY_DAY = 'key_day';

export const LIMIT_POLICY = 'limit-policy';
export const UNLIMITED = 'unlimited';

/** Gives a route a limit of its own instead of the one for everything. */
export const Limit = (policy: keyof typeof LIMIT_POLICIES): MethodDecorator & ClassDecorator =>
  SetMetadata(LIMIT_POLICY, LIMIT_POLICIES[policy]);

/** No limit: probes and metrics. */
export const NoLimit = (): MethodDecorator & ClassDecorator => SetMetadata(LIMIT_POLICY, UNLIMITED);
