import { describe, expect, it } from 'vitest';
import { keepNewest } from './version-guard';

const wallet = (credits: number, frozen: number, version: number) => ({ __typename: 'Wallet', credits, frozen, version });
const posterAt = (url: string) => ({ __typename: 'Poster', id: 'p/00', version: 4, revisions: [{ __typename: 'Revision', id: 'r', url }] });

describe('keepNewest', () => {
  it('keeps the newer balance when an older one arrives late', () => {
    const memory = new Map();
    keepNewest(memory, { viewer: { __typename: 'User', id: 'user_1', wallet: wallet(32, 40, 7) } });
    const replayed = keepNewest(memory, { generationEvents: { __typename: 'PosterSucceeded', seq: '3', wallet: wallet(72, 0, 2) } });
    expect(replayed.generationEvents.wallet).toEqual(wallet(32, 40, 7));
    expect(replayed.generationEvents.seq).toBe('3');
  });

  it('lets the newer, and the same version again, through', () => {
    const memory = new Map();
    keepNewest(memory, wallet(10, 0, 1));
    expect(keepNewest(memory, wallet(14, 0, 2))).toEqual(wallet(14, 0, 2));
    // The same version with another signed address is a fresh answer, not a stale one.
    keepNewest(memory, posterAt('/a?exp=1'));
    expect(keepNewest(memory, posterAt('/a?exp=2')).revisions[0]?.url).toBe('/a?exp=2');
  });

  it('never lets a finished poster fall back to running, whatever order the answers come in', () => {
    const done = { __typename: 'Poster', id: 's/01', state: 'SUCCEEDED', version: 5 };
    const running = { __typename: 'Poster', id: 's/01', state: 'RUNNING', version: 3 };
    for (const order of [
      [done, running],
      [running, done],
    ]) {
      const memory = new Map();
      const last = order.map((poster) => keepNewest(memory, poster)).at(-1);
      expect(last?.state).toBe('SUCCEEDED');
    }
  });

  it('tells things of one type apart by id, and leaves a stale answer the fields nobody knows better', () => {
    const memory = new Map();
    keepNewest(memory, [
      { __typename: 'Poster', id: 'a', state: 'SUCCEEDED', version: 9 },
      { __typename: 'Poster', id: 'b', state: 'QUEUED', version: 1 },
    ]);
    expect(keepNewest(memory, { __typename: 'Poster', id: 'b', state: 'RUNNING', version: 2 }).state).toBe('RUNNING');
    expect(keepNewest(memory, { __typename: 'Poster', id: 'a', state: 'RUNNING', index: 3, version: 2 })).toEqual({
      __typename: 'Poster',
      id: 'a',
      state: 'SUCCEEDED',
      index: 3,
      version: 9,
    });
  });

  it('does not touch what carries no version, nor the answer it was given', () => {
    const memory = new Map();
    const answer = { list: [null, 1, 'x'], studio: { __typename: 'Studio', creditsPerPoster: 4 } };
    const frozen = structuredClone(answer);
    expect(keepNewest(memory, answer)).toEqual(frozen);
    expect(answer).toEqual(frozen);
    expect(memory.size).toBe(0);
  });
});
