import { describe, expect, it } from '@jest/globals';
import { Metrics } from '../observability/index.js';
import { HISTORY_MINUTES, RequestHistory } from './request-history.js';

const began = async (): Promise<{ metrics: Metrics; history: RequestHistory }> => {
  const metrics = new Metrics();
  metrics.request('GET', '/api/v1/before', 500, 9, undefined);
  const history = new RequestHistory(metrics);
  await history.sample();
  return { metrics, history };
};

describe('the requests of the last hour', () => {
  it('has nothing until there are two samples', async () => {
    const { history } = await began();
    expect(history.minutes()).toEqual([]);
    await history.sample();
    expect(history.minutes()).toEqual([
      expect.objectContaining({ rate: 0, failed: 0, failureRate: 0, p95: undefined }),
    ]);
  });

  it('counts what happened between two samples, and nothing of before', async () => {
    const { metrics, history } = await began();
    for (let request = 0; request < 95; request += 1) metrics.request('GET', '/api/v1/a', 200, 0.003, undefined);
    for (let request = 0; request < 5; request += 1) metrics.request('POST', '/api/v1/b', 503, 0.2, undefined);
    await history.sample();
    const [minute] = history.minutes();
    expect(minute?.failed).toBe(5);
    // In proportion to the time that has passed, whatever that was.
    expect((minute?.rate ?? 0) / (minute?.failureRate ?? 0)).toBeCloseTo(20, 6);
    // The 95th of 100 is the last one below 5 ms.
    expect(minute?.p95).toBeCloseTo(0.005, 6);
  });

  it('leaves out what machines ask', async () => {
    const { metrics, history } = await began();
    for (const route of ['/health', '/health/ready', '/ready', '/metrics', '/status'])
      metrics.request('GET', route, 503, 1, undefined);
    metrics.request('GET', '/healthy', 200, 0.001, undefined);
    await history.sample();
    const [minute] = history.minutes();
    expect(minute?.rate).toBeGreaterThan(0);
    expect([minute?.failed, minute?.p95]).toEqual([0, expect.closeTo(0.00095, 6)]);
  });

  it('keeps an hour', async () => {
    const { metrics, history } = await began();
    for (let minute = 0; minute < HISTORY_MINUTES + 5; minute += 1) {
      metrics.request('GET', '/api/v1/a', minute === 0 ? 500 : 200, 0.001, undefined);
      await history.sample();
    }
    expect(history.minutes()).toHaveLength(HISTORY_MINUTES);
    expect(history.minutes().some(({ failed }) => failed > 0)).toBe(false);
  });
});
