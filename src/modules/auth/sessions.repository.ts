import { Injectable } from '@nestjs/common';
import { LessThan } from 'typeorm';
import {
  managerOf,
  StaleViewerError,
  TransactionRunner,
  type Transaction,
  type Viewer,
} from '../../platform/database/index.js';
import type { Position } from '../../platform/http/index.js';
import type { FamilyRole, GrantablePermission, ServerRole } from '../../platform/security/index.js';
import { RefreshToken } from './refresh-token.entity.js';
import { Session, type RevocationReason } from './session.entity.js';

export interface PrincipalRow {
  readonly user_id: string;
  readonly family_id: string | null;
  readonly member_id: string | null;
  readonly family_role: FamilyRole | null;
  readonly epoch: number;
  readonly access_version: number;
  readonly server_roles: ServerRole[];
  /** Rights given besides roles. */
  readonly grants: GrantablePermission[];
  /** In all families, the active one and the others. */
  readonly family_roles: FamilyRole[];
}

export interface SessionRow extends Session {
  readonly sortKey: string;
}

/** A live session with everything that rights follow from, in one round trip. */
const PRINCIPAL = {
  name: 'principal',
  text: `SELECT s.user_id, s.family_id, s.member_id, s.family_role, s.epoch, s.access_version,
      ARRAY(SELECT r.role FROM user_roles r WHERE r.user_id = s.user_id ORDER BY r.role) AS server_roles,
      ARRAY(SELECT g.permission FROM user_grants g WHERE g.user_id = s.user_id) AS grants,
      ARRAY(SELECT DISTINCT m.role FROM members m WHERE m.user_id = s.user_id) AS family_roles
    FROM app.enter_session($1::uuid) AS s WHERE s.user_id IS NOT NULL`,
};

/** Every query on sessions and their refresh tokens. */
@Injectable()
export class SessionsRepository {
  constructor(private readonly runner: TransactionRunner) {}

  async findPrincipal(sessionId: string): Promise<PrincipalRow | undefined> {
    return (await this.runner.query<PrincipalRow>(PRINCIPAL, [sessionId]))[0];
  }

  async insert(tx: Transaction, session: Session, token: RefreshToken): Promise<void> {
    await managerOf(tx).insert(Session, session);
    await managerOf(tx).insert(RefreshToken, token);
  }

  async update(tx: Transaction, id: string, changes: Partial<Session>): Promise<void> {
    await managerOf(tx).update(Session, { id }, changes);
  }

  findToken(tx: Transaction, tokenHash: Buffer): Promise<RefreshToken | null> {
    return managerOf(tx).findOneBy(RefreshToken, { tokenHash });
  }

  findTokenById(tx: Transaction, id: string): Promise<RefreshToken | null> {
    return managerOf(tx).findOneBy(RefreshToken, { id });
  }

  find(tx: Transaction, id: string): Promise<Session | null> {
    return managerOf(tx).findOneBy(Session, { id });
  }

  /** @throws StaleViewerError when the session has ended, as while somebody waited for a lock */
  async requireLive(tx: Transaction, id: string): Promise<void> {
    const session = await this.find(tx, id);
    if (session?.revokedAt !== null || session.expiresAt <= new Date()) throw new StaleViewerError(true);
  }

  /** @throws StaleViewerError as `requireLive`, and when the rights have changed since the session was read */
  async requireCurrent(tx: Transaction, { sessionId, accessVersion }: Viewer): Promise<void> {
    const rows = await managerOf(tx).query<unknown[]>(
      `SELECT FROM sessions s JOIN users u ON u.id = s.user_id
       WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND u.access_version = $2`,
      [sessionId, accessVersion],
    );
    if (rows.length === 0) throw new StaleViewerError(true);
  }

  /** Locks the session: its lineage grows one link at a time. */
  lock(tx: Transaction, id: string): Promise<Session | null> {
    return managerOf(tx).findOne(Session, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  async replaceToken(tx: Transaction, token: RefreshToken, successor: RefreshToken, salt: Buffer): Promise<void> {
    await managerOf(tx).update(
      RefreshToken,
      { id: token.id },
      { replacedAt: successor.createdAt, successorId: successor.id, successorSalt: salt },
    );
    await managerOf(tx).insert(RefreshToken, successor);
  }

  /** Forgets links of a lineage that were replaced before a time. */
  async deleteLinksBefore(tx: Transaction, sessionId: string, time: Date): Promise<void> {
    await managerOf(tx).delete(RefreshToken, { sessionId, replacedAt: LessThan(time) });
  }

  /** Live sessions of a person, newest first; one row more than `limit` where there are more. */
  async page(tx: Transaction, userId: string, limit: number, after: Position | undefined): Promise<SessionRow[]> {
    const query = managerOf(tx)
      .createQueryBuilder(Session, 's')
      .addSelect('s.created_at::text', 'sort_key')
      .where('s.user_id = :userId AND s.revoked_at IS NULL AND s.expires_at > now()', { userId })
      .orderBy('s.created_at', 'DESC')
      .addOrderBy('s.id', 'DESC')
      .limit(limit + 1);
    if (after) query.andWhere('(s.created_at, s.id) < (:at::timestamptz, :id::uuid)', { ...after });
    const { entities, raw } = await query.getRawAndEntities<{ sort_key: string }>();
    return entities.map((session, index) => Object.assign(session, { sortKey: raw[index]?.sort_key ?? '' }));
  }

  /** Ends one live session of a person; false when there is no such one. */
  async revoke(tx: Transaction, userId: string, id: string, reason: RevocationReason): Promise<boolean> {
    const result = await managerOf(tx)
      .createQueryBuilder()
      .update(Session)
      .set({ revokedAt: () => 'now()', revokedReason: reason })
      .where('id = :id AND user_id = :userId AND revoked_at IS NULL', { id, userId })
      .execute();
    return result.affected === 1;
  }

  /** Ends all live sessions of a person, or all but one. */
  async revokeAll(
    tx: Transaction,
    userId: string,
    reason: RevocationReason,
    except: string | null = null,
  ): Promise<void> {
    await managerOf(tx).query(
      `UPDATE sessions SET revoked_at = now(), revoked_reason = $2
       WHERE user_id = $1 AND revoked_at IS NULL AND id IS DISTINCT FROM $3::uuid`,
      [userId, reason, except],
    );
  }

  /** Ends the live sessions of a person that were unused for longest, so that `most` are left. */
  async revokeBeyond(tx: Transaction, userId: string, most: number): Promise<void> {
    await managerOf(tx).query(
      `UPDATE sessions SET revoked_at = now(), revoked_reason = 'revoked' WHERE id IN (
         SELECT id FROM sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now()
         ORDER BY last_used_at DESC, id DESC OFFSET $2::int)`,
      [userId, most],
    );
  }

  /** Whether the person has signed in from this address within 90 days. */
  async knowsAddress(tx: Transaction, userId: string, address: string): Promise<boolean> {
    const [row] = await managerOf(tx).query<{ known: boolean }[]>(
      `SELECT EXISTS (SELECT FROM sessions WHERE user_id = $1 AND address = $2 AND created_at > now() - interval '90 days') AS known`,
      [userId, address],
    );
    return row?.known ?? false;
  }

  /** Every session of a person, as a copy of their data has it; in the order of their ids. */
  copy(
    tx: Transaction,
    userId: string,
    after: string | null,
    most: number,
  ): Promise<(Readonly<Record<string, unknown>> & { id: string })[]> {
    return managerOf(tx).query(
      `SELECT id, device, address, remember_me, created_at, last_used_at, expires_at, revoked_at, revoked_reason
       FROM sessions WHERE user_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3`,
      [userId, after, most],
    );
  }

  /** @returns how many there were */
  async deleteAll(tx: Transaction, userId: string): Promise<number> {
    return (await managerOf(tx).delete(Session, { userId })).affected ?? 0;
  }

  /** Deletes what ended 90 days ago, of everybody, with its tokens; `most` at once. @returns how many there were */
  async deleteEnded(tx: Transaction, most: number): Promise<number> {
    const [, deleted] = await managerOf(tx).query<[unknown[], number]>(
      `DELETE FROM sessions WHERE id IN (
         SELECT id FROM sessions WHERE least(expires_at, revoked_at) < now() - interval '90 days' LIMIT $1)`,
      [most],
    );
    return deleted;
  }
}
