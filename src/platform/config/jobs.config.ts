import { EnvBoolean, EnvInteger } from './env.decorators.js';

/** Background jobs and schedules. */
export class JobsConfig {
  @EnvBoolean('JOBS_ENABLED', {
    description: 'Whether this process works on jobs and schedules. Otherwise it only queues them for others.',
  })
  enabled = true;

  @EnvInteger('JOBS_POLL_INTERVAL', {
    description: 'How often the queue is looked at for jobs of other processes, retries and schedules.',
    unit: 'milliseconds',
    min: 50,
    max: 60_000,
  })
  pollInterval = 2000;

  @EnvInteger('JOBS_LEASE', {
    description: 'Time after which the jobs of a process that has died are given to another one.',
    unit: 'seconds',
    min: 1,
    max: 3600,
  })
  lease = 30;

  @EnvInteger('JOBS_DRAIN_TIMEOUT', {
    description:
      'Time running jobs have to finish at shutdown; then they are given back. At most half of `SHUTDOWN_TIMEOUT`.',
    unit: 'seconds',
    min: 0,
    max: 300,
  })
  drainTimeout = 5;
}
