import { describe, expect, it } from 'vitest';
import { isAuthClose, retryDelayMs, shouldRetry } from './connection';

describe('reconnecting', () => {
  it('backs off, with jitter, and never waits longer than eight seconds', () => {
    expect(retryDelayMs(0, () => 0)).toBe(250);
    expect(retryDelayMs(0, () => 1)).toBe(500);
    for (let retries = 1; retries < 40; retries += 1) {
      const least = retryDelayMs(retries, () => 0);
      const most = retryDelayMs(retries, () => 1);
      expect(most).toBeLessThanOrEqual(8_000);
      expect(least * 2).toBe(most);
      expect(most).toBeGreaterThanOrEqual(retryDelayMs(retries - 1, () => 1));
    }
    expect(retryDelayMs(1_000_000, () => 1)).toBe(8_000);
  });

  it('gives up only where the credentials were refused', () => {
    expect(shouldRetry({ code: 4401, reason: 'Unauthorized' })).toBe(false);
    expect(shouldRetry({ code: 4403, reason: 'Forbidden' })).toBe(false);
    for (const code of [1001, 1006, 1011, 1012, 4408, 4429]) expect(shouldRetry({ code })).toBe(true);
    // A network failure is an Event without a code.
    expect(shouldRetry(new Event('error'))).toBe(true);
    expect(shouldRetry(undefined)).toBe(true);
  });

  it('knows a refused credential by its close code', () => {
    expect([4400, 4401, 4403, 4408].map(isAuthClose)).toEqual([false, true, true, false]);
  });
});
