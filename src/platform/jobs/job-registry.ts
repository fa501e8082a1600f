import { Injectable } from '@nestjs/common';
import type { BatchContext, Job, JobType } from './job.js';
import type { Schedule } from './schedule.js';

interface RegisteredJob {
  readonly type: JobType;
  work(jobs: readonly Job[], context: BatchContext): Promise<void>;
}

/** Modules put what they work on here while they start, in `onModuleInit`; afterwards the workers begin. */
@Injectable()
export class JobRegistry {
  private readonly byName = new Map<string, RegisteredJob>();
  private readonly byId = new Map<string, Schedule>();
  private isClosed = false;

  /** Says what does the jobs of a queue. */
  register<Payload extends object>(
    type: JobType<Payload>,
    work: (jobs: readonly Job<Payload>[], context: BatchContext) => Promise<void>,
  ): void {
    this.admit(type.name, this.byName);
    const registered: { type: JobType; work(jobs: readonly Job<Payload>[], context: BatchContext): Promise<void> } = {
      type,
      work,
    };
    this.byName.set(type.name, registered);
  }

  registerSchedule(schedule: Schedule): void {
    this.admit(schedule.id, this.byId);
    this.byId.set(schedule.id, schedule);
  }

  /** From now on nothing can be registered: the workers have begun. */
  close(): void {
    this.isClosed = true;
  }

  get jobs(): readonly RegisteredJob[] {
    return [...this.byName.values()];
  }

  get schedules(): readonly Schedule[] {
    return [...this.byId.values()];
  }

  private admit(name: string, known: ReadonlyMap<string, unknown>): void {
    if (this.isClosed) throw new Error(`${name} is registered too late: the workers have begun`);
    if (known.has(name)) throw new Error(`${name} is registered twice`);
  }
}
