export { DeadLetters, type DeadLetter, type DeadLetterChoice } from './dead-letters.js';
export {
  defineJob,
  Hopeless,
  Postponed,
  RunEnded,
  type Backoff,
  type BatchContext,
  type Job,
  type JobContext,
  type JobType,
  type Work,
} from './job.js';
export { JobQueue, type JobOptions, type NewJobOf } from './job-queue.js';
export { JobRegistry } from './job-registry.js';
export { JobStore, type QueuedJob } from './job-store.js';
export { JobsModule } from './jobs.module.js';
export { defineSchedule, type Schedule } from './schedule.js';
export { Schedules } from './schedules.js';
export { type ScheduleState } from './schedule-store.js';
