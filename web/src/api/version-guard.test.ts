import { describe, expect, it } from 'vitest';
import { keepNewest } from './version-guard';

const wallet = (credits: number, frozen: number, version: number) => ({ __typename: 'Wallet', credits, frozen, version });
const posterAt = (url: string) => ({ __typename: 'Poster', id: 'p/00', version: 4, revisions: [{ __typename: 'Revision', id: 'r', url }] });
const poster = (state: string, version: number) => ({ __typename: 'Poster', id: 's/01', state, version });
const set = (state: string, version: number, ...posters: ReturnType<typeof poster>[]) => ({ __typename: 'Generation', id: 's', state, version, posters });

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
      const last = order.map((one) => keepNewest(memory, one)).at(-1);
      expect(last?.state).toBe('SUCCEEDED');
    }
  });

  it('does not bring back with a stale answer what a newer one had inside it when that was new', () => {
    const memory = new Map();
    keepNewest(memory, set('QUEUED', 1, poster('QUEUED', 1)));
    // The order was called off. The stream has told the end before the answer to that request, made a moment earlier, is here.
    keepNewest(memory, { generationEvents: { __typename: 'PosterCanceled', poster: poster('CANCELED', 2) } });
    keepNewest(memory, { generationEvents: { __typename: 'GenerationCompleted', generation: { __typename: 'Generation', id: 's', state: 'CANCELED', version: 4 } } });
    const answer = keepNewest(memory, { cancelGeneration: { generation: set('RUNNING', 2, poster('CANCELED', 2)) } });
    expect(answer.cancelGeneration.generation).toEqual(set('CANCELED', 4, poster('CANCELED', 2)));
    // A card of the list knows less of the posters; the page's answer keeps all that it asked for.
    keepNewest(memory, { __typename: 'Generation', id: 's', version: 5, posters: [{ __typename: 'Poster', id: 's/01' }] });
    expect(keepNewest(memory, set('RUNNING', 3, poster('QUEUED', 1)))).toEqual(set('CANCELED', 5, poster('CANCELED', 2)));
  });

  it('comes to an end with things that hold each other', () => {
    const memory = new Map();
    keepNewest(memory, { __typename: 'Poster', id: 's/01', version: 2, generation: { __typename: 'Generation', id: 's', version: 1 } });
    keepNewest(memory, { __typename: 'Generation', id: 's', version: 4, posters: [{ __typename: 'Poster', id: 's/01', version: 3 }] });
    const answer = keepNewest(memory, { __typename: 'Generation', id: 's', version: 3, posters: [{ __typename: 'Poster', id: 's/01', version: 1 }] });
    expect(answer.posters[0]?.version).toBe(3);
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
