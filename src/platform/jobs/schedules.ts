import { Injectable } from '@nestjs/common';
import { JobWorkers } from './job-workers.js';
import { ScheduleStore, type ScheduleState } from './schedule-store.js';

/** The schedules as operators see them. */
@Injectable()
export class Schedules {
  constructor(
    private readonly store: ScheduleStore,
    private readonly workers: JobWorkers,
  ) {}

  /** Every schedule that was ever registered, with its last result. */
  list(): Promise<ScheduleState[]> {
    return this.store.list();
  }

  /** Runs a schedule now, in whichever process is first; false when it runs already or is not known. */
  async trigger(id: string): Promise<boolean> {
    const isDue = await this.store.trigger(id);
    if (isDue) this.workers.wakeSchedule(id);
    return isDue;
  }
}
