import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../platform/database/index.js';
import type { Position } from '../../platform/http/index.js';
import { Invitation } from './invitation.entity.js';

export interface InvitationRow extends Invitation {
  readonly sortKey: string;
}

/** Every query on invitations. */
@Injectable()
export class InvitationsRepository {
  async insert(tx: Transaction, invitation: Invitation): Promise<void> {
    await managerOf(tx).insert(Invitation, invitation);
  }

  /** The invitation whose code has this hash: row-level security shows it to whoever proves to hold the code. */
  async findByCodeHash(tx: Transaction, codeHash: Buffer): Promise<Invitation | null> {
    await managerOf(tx).query("SELECT set_config('app.invitation_hash', $1, true)", [codeHash.toString('hex')]);
    return managerOf(tx).findOneBy(Invitation, { codeHash });
  }

  /** Takes the invitation; false when somebody else was faster or its time is over. Of parallel callers one wins. */
  async consume(tx: Transaction, id: string, userId: string): Promise<boolean> {
    const result = await managerOf(tx)
      .createQueryBuilder()
      .update(Invitation)
      .set({ acceptedAt: () => 'now()', acceptedBy: userId })
      .where('id = :id AND accepted_at IS NULL AND expires_at > now()', { id })
      .execute();
    return result.affected === 1;
  }

  find(tx: Transaction, familyId: string, id: string): Promise<Invitation | null> {
    return managerOf(tx).findOne(Invitation, { where: { familyId, id }, lock: { mode: 'pessimistic_write' } });
  }

  async delete(tx: Transaction, familyId: string, id: string): Promise<void> {
    await managerOf(tx).delete(Invitation, { familyId, id });
  }

  /** Takes back what this person offered and what was offered for this profile, where nobody has accepted it. */
  async deleteOpenOf(
    tx: Transaction,
    familyId: string,
    { userId, memberId }: { userId: string | null; memberId: string },
  ): Promise<void> {
    await managerOf(tx).query(
      `DELETE FROM invitations WHERE family_id = $1 AND accepted_at IS NULL AND (created_by = $2 OR member_id = $3)`,
      [familyId, userId, memberId],
    );
  }

  /** Invitations that somebody could still accept. */
  async countOpen(tx: Transaction, familyId: string): Promise<number> {
    return managerOf(tx)
      .createQueryBuilder(Invitation, 'i')
      .where('i.family_id = :familyId AND i.accepted_at IS NULL AND i.expires_at > now()', { familyId })
      .getCount();
  }

  /** Newest first; one row more than `limit` where there are more. */
  async page(tx: Transaction, familyId: string, limit: number, after: Position | undefined): Promise<InvitationRow[]> {
    const query = managerOf(tx)
      .createQueryBuilder(Invitation, 'i')
      .addSelect('i.created_at::text', 'sort_key')
      .where('i.family_id = :familyId', { familyId })
      .orderBy('i.created_at', 'DESC')
      .addOrderBy('i.id', 'DESC')
      .limit(limit + 1);
    if (after) query.andWhere('(i.created_at, i.id) < (:at::timestamptz, :id::uuid)', { ...after });
    const { entities, raw } = await query.getRawAndEntities<{ sort_key: string }>();
    return entities.map((invitation, index) => Object.assign(invitation, { sortKey: raw[index]?.sort_key ?? '' }));
  }
}
