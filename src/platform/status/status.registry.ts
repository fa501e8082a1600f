import { Injectable } from '@nestjs/common';
import type { StatusSection } from './status.section.js';

const ID = /^[a-z][a-z-]*$/;

/** Modules put their sections here at start; the status page shows all of them. */
@Injectable()
export class StatusRegistry {
  private readonly sections = new Map<string, StatusSection>();

  /** @throws Error for an id that is none or is taken */
  register(section: StatusSection): void {
    if (!ID.test(section.id) || this.sections.has(section.id))
      throw new Error(`not an id for a section of the status page: ${section.id}`);
    this.sections.set(section.id, section);
  }

  list(): readonly StatusSection[] {
    return [...this.sections.values()];
  }
}
