import { Injectable } from '@nestjs/common';
import { managerOf, runNamed, type Transaction } from '../../../platform/database/index.js';

export interface AudienceRow {
  readonly id: string;
  readonly ownerId: string;
  readonly memberIds: readonly string[];
}

const VISIBLE = {
  name: 'audiences-visible',
  text: `SELECT id, owner_id AS "ownerId", member_ids AS "memberIds" FROM audiences WHERE family_id = app.family_id()`,
};

/** Every query on audiences. */
@Injectable()
export class AudiencesRepository {
  /** Those the viewer sees. */
  visible(tx: Transaction): Promise<AudienceRow[]> {
    return runNamed<AudienceRow>(tx, VISIBLE);
  }

  /** The owner's audience of exactly these members, made where there is none. @param memberIds sorted */
  async ensure(
    tx: Transaction,
    id: string,
    familyId: string,
    ownerId: string,
    memberIds: readonly string[],
  ): Promise<string> {
    const [row] = await managerOf(tx).query<{ id: string }[]>(
      `INSERT INTO audiences (id, family_id, owner_id, member_ids) VALUES ($1, $2, $3, $4::uuid[])
       ON CONFLICT ON CONSTRAINT audiences_members_key DO UPDATE SET owner_id = excluded.owner_id RETURNING id`,
      [id, familyId, ownerId, memberIds],
    );
    return row?.id ?? id;
  }
}
