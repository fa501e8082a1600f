import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../platform/database/index.js';
import { fieldError } from '../../../platform/http/index.js';
import { uuidv7 } from '../../../platform/ids.js';
import { AudiencesRepository } from './audiences.repository.js';
import type { Household } from '../household/household.service.js';
import type { Visibility } from '../memory.entity.js';

interface Request {
  readonly visibility?: Visibility;
  readonly audience?: readonly string[];
}

/** Turns what people say about who may see something into a scope. */
@Injectable()
export class SharingService {
  constructor(private readonly audiences: AudiencesRepository) {}

  /**
   * The scope of something that a member owns. An audience without a visibility means the audience.
   * @throws DomainError 400 on `visibility` or `audience`, with `field` before it
   */
  async scopeFor(
    tx: Transaction,
    { familyId, people }: Household,
    ownerId: string,
    { visibility, audience }: Request,
    field = '',
  ): Promise<string> {
    const chosen = visibility ?? (audience === undefined ? 'private' : 'audience');
    if (chosen !== 'audience') {
      if (audience !== undefined) throw fieldError(`${field}audience`, 'audience needs the visibility audience');
      return chosen === 'family' ? familyId : ownerId;
    }
    if (audience === undefined) throw fieldError(`${field}audience`, 'audience must name members');
    if (!audience.every((id) => people.has(id))) {
      throw fieldError(`${field}audience`, 'each of audience must be a member of the family');
    }
    const others = [...new Set(audience)].filter((id) => id !== ownerId).sort();
    return others.length === 0 ? ownerId : this.audiences.ensure(tx, uuidv7(), familyId, ownerId, others);
  }
}
