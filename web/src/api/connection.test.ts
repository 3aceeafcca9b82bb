import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectionStore, createSocketClient, isAuthClose, pongMs, retryDelayMs, shouldRetry } from './connection';

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

/** A line that can be cut without a word: it still takes what is sent, and nothing comes back. */
class Line extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  static all: Line[] = [];
  readonly protocol = 'graphql-transport-ws';
  readyState: number = Line.OPEN;
  cut = false;
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onclose?: (event: object) => void;

  constructor() {
    super();
    Line.all.push(this);
    queueMicrotask(() => this.onopen?.());
  }

  send(text: string) {
    const answers: Record<string, string> = { connection_init: 'connection_ack', ping: 'pong' };
    const answer = answers[(JSON.parse(text) as { type: string }).type];
    if (answer && !this.cut) queueMicrotask(() => this.onmessage?.({ data: JSON.stringify({ type: answer }) }));
  }

  close(code: number) {
    this.readyState = Line.CLOSED;
    this.onclose?.({ code, reason: '', wasClean: false });
  }
}

describe('a line that is cut without a word', () => {
  beforeEach(() => {
    Line.all = [];
    vi.useFakeTimers();
    vi.stubGlobal('WebSocket', Line);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('is noticed by the ping that nobody answers, and another is opened', async () => {
    const socket = createSocketClient(() => undefined);
    socket.subscribe({ query: 'subscription { walletChanged { credits } }' }, { next: () => undefined, error: () => undefined, complete: () => undefined });
    await vi.dynamicImportSettled();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(Line.all).toHaveLength(1);
    expect(connectionStore.get()).toEqual({ status: 'open' });
    const [first] = Line.all;
    if (first) first.cut = true;
    await vi.advanceTimersByTimeAsync(10_000 + pongMs + 1_000);
    expect(Line.all).toHaveLength(2);
    expect(connectionStore.get()).toEqual({ status: 'open' });
    socket.dispose();
  });
});
