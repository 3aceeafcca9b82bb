import { Client, makeResult, mapExchange, subscriptionExchange } from '@urql/core';
import { act, cleanup, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { Provider } from 'urql';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { filter, map, pipe } from 'wonka';
import { useGeneration } from './use-generation';

interface Sink {
  next: (result: { data: unknown }) => void;
  complete: () => void;
}

const poster = { __typename: 'Poster', id: 's/01', state: 'RUNNING', activeEdit: null };
const generation = { __typename: 'Generation', id: 's', state: 'RUNNING', lastSeq: '3', posters: [poster] };

/** A server that is asked and subscribed to, and says what it was asked. */
function server() {
  const seen = { questions: 0, streams: [] as Sink[] };
  const client = new Client({
    url: '/graphql',
    exchanges: [
      subscriptionExchange({ forwardSubscription: () => ({ subscribe: (sink) => ({ unsubscribe: () => void sink, ...(seen.streams.push(sink as Sink), {}) }) }) }),
      mapExchange({ onOperation: ({ kind }) => void (kind === 'query' && (seen.questions += 1)) }),
      () => (operations) =>
        pipe(
          operations,
          filter(({ kind }) => kind === 'query'),
          map((operation) => makeResult(operation, { data: { generation: structuredClone(generation) } })),
        ),
    ],
  });
  const wrapper = ({ children }: { children: ReactNode }) => <Provider value={client}>{children}</Provider>;
  return { seen, wrapper };
}

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

it('asks once, and leaves the rest to the events as long as they come', async () => {
  const { seen, wrapper } = server();
  const { result } = renderHook(() => useGeneration('s'), { wrapper });
  await pass(10);
  expect(result.current.active).toBe(true);
  expect(seen.streams.length).toBe(1);
  const { questions } = seen;
  for (const [at, stage] of ['PAINTING', 'CHECKING', 'SAVING'].entries()) {
    act(() => seen.streams[0]?.next({ data: { generationEvents: { __typename: 'PosterProgressed', seq: String(4 + at), generationId: 's', poster, stage } } }));
    await pass(20_000);
    expect(result.current.live.stages).toEqual({ 's/01': stage });
  }
  expect([seen.questions, seen.streams.length]).toEqual([questions, 1]);
});

it('asks every few seconds once the events have ended too early, and listens again', async () => {
  const { seen, wrapper } = server();
  renderHook(() => useGeneration('s'), { wrapper });
  await pass(10);
  const { questions } = seen;
  act(() => seen.streams[0]?.complete());
  await pass(3_100);
  expect(seen.questions).toBe(questions + 1);
  for (let poll = 2; poll <= 4; poll += 1) await pass(3_000);
  expect([seen.questions, seen.streams.length]).toEqual([questions + 4, 2]);
  // It holds now: no more questions.
  await pass(60_000);
  expect([seen.questions, seen.streams.length]).toEqual([questions + 4, 2]);
});
