import { Injectable } from '@nestjs/common';
import { ERASURE_STAGES, type PersonalData } from './personal-data.js';

/** Modules that keep data of people put themselves here at start, in `onModuleInit`; export and erasure ask all of them. */
@Injectable()
export class PrivacyRegistry {
  private readonly sources: PersonalData[] = [];

  register(source: PersonalData): void {
    this.sources.push(source);
  }

  /** In the order of an erasure. */
  list(): readonly PersonalData[] {
    return this.sources.toSorted(
      (one, other) => ERASURE_STAGES.indexOf(one.stage) - ERASURE_STAGES.indexOf(other.stage),
    );
  }
}
