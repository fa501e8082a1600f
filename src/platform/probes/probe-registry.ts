import { Injectable } from '@nestjs/common';
import type { Probe } from './probe.js';

/** Modules put their probes here at start, in `onModuleInit`; backups and restores ask all of them. */
@Injectable()
export class ProbeRegistry {
  private readonly probes: Probe[] = [];

  register(probe: Probe): void {
    this.probes.push(probe);
  }

  list(): readonly Probe[] {
    return this.probes;
  }
}
