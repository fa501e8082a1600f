import type { Guarded } from '../memory.policy.js';
import type { Visibility } from '../memory.entity.js';

/** A scope as people speak of it: who may see what is in it. */
export interface Sharing {
  readonly visibility: Visibility;
  /** Member ids, sorted; empty unless `visibility` is `audience`. */
  readonly audience: readonly string[];
}

/** The scopes of rows by their id: a family's and a member's need no lookup. */
export class Scopes {
  private readonly audiences: ReadonlyMap<string, readonly string[]>;

  constructor(
    private readonly familyId: string,
    audiences: readonly { readonly id: string; readonly memberIds: readonly string[] }[],
  ) {
    this.audiences = new Map(audiences.map(({ id, memberIds }) => [id, memberIds]));
  }

  sharingOf(scopeId: string): Sharing {
    if (scopeId === this.familyId) return { visibility: 'family', audience: [] };
    const audience = this.audiences.get(scopeId);
    return audience ? { visibility: 'audience', audience } : { visibility: 'private', audience: [] };
  }

  /** Whether it is known who sees a row: not of an audience that was made later. */
  knows({ scopeId, ownerId }: { readonly scopeId: string; readonly ownerId: string }): boolean {
    return scopeId === this.familyId || scopeId === ownerId || this.audiences.has(scopeId);
  }

  guarded<T extends { readonly familyId: string; readonly scopeId: string; readonly ownerId: string }>(
    row: T,
    people: ReadonlyMap<string, Owner>,
  ): T & Guarded {
    const owner = people.get(row.ownerId);
    const isOwnerGrown = owner?.hasOwnThings === true;
    return { ...row, ...this.sharingOf(row.scopeId), ownerRole: owner?.role ?? null, isOwnerGrown };
  }
}

interface Owner {
  readonly role: NonNullable<Guarded['ownerRole']>;
  readonly hasOwnThings?: boolean;
}
