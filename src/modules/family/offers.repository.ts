import { Injectable } from '@nestjs/common';
import { managerOf, type Transaction } from '../../platform/database/index.js';

/** Questions about parents and their accounts, whom only the database sees together, and the end of what they have offered. */
@Injectable()
export class OffersRepository {
  /** @param hold it stays so until the transaction ends; the family has to be locked before */
  isActiveParent(tx: Transaction, familyId: string, userId: string | null, hold = false): Promise<boolean> {
    return ask(tx, 'app.is_active_parent($1, $2, $3)', [familyId, userId, hold]);
  }

  /** Whether an account has an email, a password or a linked account; without any it lives on devices. @param hold as above */
  signsInAlone(tx: Transaction, userId: string, hold = false): Promise<boolean> {
    return ask(tx, 'app.signs_in_alone($1, $2)', [userId, hold]);
  }

  /** Whether somebody else with an account belongs to a family of theirs. */
  hasCompany(tx: Transaction, userId: string): Promise<boolean> {
    return ask(tx, 'app.has_company($1)', [userId]);
  }

  /** Whether somebody who signs in alone is a parent or grandparent in another family. */
  isAdultElsewhere(tx: Transaction, userId: string, familyId: string): Promise<boolean> {
    return ask(tx, 'app.is_adult_elsewhere($1, $2)', [userId, familyId]);
  }

  /** In every family of theirs: open invitations and device codes go, devices that they let in are locked. */
  async withdrawAll(tx: Transaction, userId: string): Promise<void> {
    await managerOf(tx).query('SELECT app.withdraw_all_offers($1, true)', [userId]);
  }
}

async function ask(tx: Transaction, question: string, values: unknown[]): Promise<boolean> {
  const [row] = await managerOf(tx).query<{ answer: boolean }[]>(`SELECT ${question} AS answer`, values);
  return row?.answer ?? false;
}
