import type { CheckedPool } from '../database/index.js';
import type { Metrics } from './metrics.js';

/** The metrics of a pool of connections. */
export function measurePool(metrics: Metrics, pool: CheckedPool): void {
  metrics.gauge(
    'db_pool_connections',
    'Connections to the database by state',
    (gauge) => {
      const { size, in_use, idle } = pool.counts();
      gauge.set({ state: 'max' }, size);
      gauge.set({ state: 'in_use' }, in_use);
      gauge.set({ state: 'idle' }, idle);
    },
    ['state'],
  );
  metrics.gauge('db_pool_size', 'Connections to the database that there may be', (gauge) => {
    gauge.set(pool.counts().size);
  });
  metrics.gauge('db_pool_waiting', 'Callers that wait for a connection', (gauge) => {
    gauge.set(pool.counts().waiting);
  });
  const seconds = metrics.histogram('db_pool_wait_seconds', 'Time until a caller got a connection, or gave up');
  const waited = metrics.counter('db_pool_waits_total', 'Callers that had to wait for a connection and got one', []);
  const exhausted = metrics.counter(
    'db_pool_exhausted_total',
    'Callers that got no connection within DATABASE_CONNECT_TIMEOUT',
    [],
  );
  pool.waits.onAcquisition((acquisition, wait) => {
    seconds.observe(wait);
    if (acquisition === 'waited') waited.inc();
    if (acquisition === 'exhausted') exhausted.inc();
  });
}
