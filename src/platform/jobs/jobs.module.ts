import { Global, Module } from '@nestjs/common';
import { DeadLetters } from './dead-letters.js';
import { JobMetrics } from './job-metrics.js';
import { JobQueue } from './job-queue.js';
import { JobRegistry } from './job-registry.js';
import { JobStatus } from './job-status.js';
import { JobStore } from './job-store.js';
import { JobWorkers } from './job-workers.js';
import { Schedules } from './schedules.js';
import { ScheduleStore } from './schedule-store.js';

/** Background jobs and schedules. */
@Global()
@Module({
  providers: [
    DeadLetters,
    JobMetrics,
    JobQueue,
    JobRegistry,
    JobStatus,
    JobStore,
    JobWorkers,
    Schedules,
    ScheduleStore,
  ],
  exports: [DeadLetters, JobQueue, JobRegistry, Schedules],
})
export class JobsModule {}
