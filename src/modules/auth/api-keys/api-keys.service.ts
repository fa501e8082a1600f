import { Injectable } from '@nestjs/common';
import { AuditTrail, by, type AuditEvent } from '../../../platform/audit/index.js';
import { LimitsConfig } from '../../../platform/config/index.js';
import { TransactionRunner } from '../../../platform/database/index.js';
import { decodeCursor, fieldError, toPage, type Page, type PageQuery } from '../../../platform/http/index.js';
import { uuidv7 } from '../../../platform/ids.js';
import type { Principal } from '../../../platform/security/index.js';
import { AccountsService } from '../../users/index.js';
import { AuthError } from '../auth.errors.js';
import { hashOfApiKey, hintOf, newApiKey } from './api-key-format.js';
import type { ApiKey } from './api-key.entity.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { SessionsRepository } from '../sessions.repository.js';
import type { CreateApiKeyRequest } from './dto/api-key.request.js';
import { toApiKeyResponse, type ApiKeyResponse, type NewApiKeyResponse } from './dto/api-key.response.js';

/** Longest life of a key that ends: ten years, in milliseconds. */
const LONGEST_LIFE = 10 * 365.25 * 86_400_000;

/** Use cases around one's own API keys. */
@Injectable()
export class ApiKeysService {
  constructor(
    private readonly runner: TransactionRunner,
    private readonly keys: ApiKeysRepository,
    private readonly accounts: AccountsService,
    private readonly sessions: SessionsRepository,
    private readonly limits: LimitsConfig,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * The secret is in this answer only.
   * @throws AuthError `scope_not_granted`, `too_many_api_keys`
   */
  async create(principal: Principal, request: CreateApiKeyRequest): Promise<NewApiKeyResponse> {
    const beyond = request.scopes.filter((scope) => !principal.permissions.has(scope));
    if (beyond.length > 0)
      throw new AuthError('scope_not_granted', {
        errors: [{ field: 'scopes', messages: beyond.map((scope) => `${scope} is not among your rights`) }],
      });
    const secret = newApiKey();
    const now = new Date();
    const key: ApiKey = {
      id: uuidv7(),
      userId: principal.userId,
      familyId: principal.familyId,
      name: request.name,
      keyHash: hashOfApiKey(secret) ?? Buffer.alloc(0),
      hint: hintOf(secret),
      scopes: request.scopes,
      maxRequestsPerDay: request.max_requests_per_day ?? null,
      createdAt: now,
      expiresAt: endOf(request.expires_at ?? null, now),
      lastUsedAt: null,
    };
    await this.runner.run(principal, async (tx) => {
      await this.accounts.lockWaysIn(tx, principal.userId);
      await this.sessions.requireLive(tx, principal.sessionId);
      if ((await this.keys.count(tx, principal.userId)) >= this.limits.apiKeysPerUser)
        throw new AuthError('too_many_api_keys');
      await this.keys.insert(tx, key);
      await this.trail.record(tx, about(principal, 'api_key.create', key.id, { scopes: key.scopes.join() }));
    });
    return { ...toApiKeyResponse(key), key_secret: secret };
  }

  async list(principal: Principal, { limit, cursor }: PageQuery): Promise<Page<ApiKeyResponse>> {
    const after = decodeCursor(cursor);
    return this.runner.run(principal, async (tx) => {
      const rows = await this.keys.page(tx, principal.userId, limit, after);
      return toPage(
        rows,
        limit,
        ({ sortKey, id }) => ({ at: sortKey, id }),
        (row) => toApiKeyResponse(row),
      );
    });
  }

  /** Ends a key: the next request by it is refused. @throws AuthError `api_key_not_found` */
  async revoke(principal: Principal, id: string): Promise<void> {
    await this.runner.run(principal, async (tx) => {
      if (!(await this.keys.delete(tx, principal.userId, id))) throw new AuthError('api_key_not_found');
      await this.trail.record(tx, about(principal, 'api_key.revoke', id));
    });
  }
}

const about = (
  principal: Principal,
  action: string,
  keyId: string,
  details: NonNullable<AuditEvent['details']> = {},
): AuditEvent => ({
  ...by(principal, action),
  subjectUserId: principal.userId,
  targetType: 'api_key',
  targetId: keyId,
  details,
});

function endOf(asked: string | null, now: Date): Date | null {
  if (asked === null) return null;
  const end = new Date(asked);
  if (end <= now) throw fieldError('expires_at', 'must be in the future');
  if (end.getTime() - now.getTime() > LONGEST_LIFE) throw fieldError('expires_at', 'must be within ten years');
  return end;
}
