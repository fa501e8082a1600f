import { Injectable } from '@nestjs/common';
import { AuditTrail, by } from '../../../platform/audit/index.js';
import type { Transaction } from '../../../platform/database/index.js';
import type { Principal } from '../../../platform/security/index.js';
import { standsInFor, type Guarded } from '../memory.policy.js';
import type { Insider } from './household.service.js';

/** That somebody saw what another person keeps to themselves, as a parent sees what a child does. */
export interface Sight {
  /** The member whose it is. */
  readonly ownerId: string;
  /** That member's account, if there is one. */
  readonly ownerUserId: string | null;
  readonly items: number;
}

/** What of these the viewer sees only because they stand in for the owner: one sight per owner. */
export function sightsOf({ viewer, people }: Insider, seen: readonly Guarded[]): Sight[] {
  const others = seen.filter((item) => standsInFor(viewer, item));
  return [...Map.groupBy(others, ({ ownerId }) => ownerId)].map(([ownerId, items]) => ({
    ownerId,
    ownerUserId: people.get(ownerId)?.userId ?? null,
    items: items.length,
  }));
}

/** Records who saw whose data. What is one's own, shown to one or to the whole family leaves no trace, and costs none. */
@Injectable()
export class ReadTrail {
  constructor(private readonly trail: AuditTrail) {}

  /**
   * One statement, however much was read; none, where nothing needs it.
   * @param target the one thing that was read, if it was one; otherwise the owner is named
   */
  async record(
    tx: Transaction,
    principal: Principal,
    action: string,
    sights: readonly Sight[],
    target?: { readonly type: string; readonly id: string },
  ): Promise<void> {
    await this.trail.recordAll(
      tx,
      sights.map(({ ownerId, ownerUserId, items }) => ({
        ...by(principal, action),
        subjectUserId: ownerUserId,
        targetType: target?.type ?? 'member',
        targetId: target?.id ?? ownerId,
        details: target ? { member_id: ownerId } : { items },
      })),
    );
  }
}
