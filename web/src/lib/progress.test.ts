import { describe, expect, it } from 'vitest';
import type { PosterFieldsFragment } from '../gql/graphql';
import { type LiveEvent, follow, isActive, nothingFollowed, tally } from './progress';

const generationId = 'session_20260110143052_a3f2';
const poster = (index: number, state: PosterFieldsFragment['state'], captured = 0, released = 0): PosterFieldsFragment => ({
  id: `${generationId}/0${index}`,
  index,
  dimension: { index, number: `0${index + 1}`, titleZh: '主KV视觉', titleEn: 'Key Visual' },
  state,
  failure: null,
  creditsCaptured: captured,
  creditsReleased: released,
  revisions: [],
  activeEdit: null,
  current: null,
  version: 1,
});
const base = (seq: number) => ({ seq: String(seq), at: '2026-01-10T14:30:52Z', generationId });
const wallet = { credits: 0, frozen: 0, version: 1 };
const started = (seq: number): LiveEvent => ({ __typename: 'PosterStarted', ...base(seq), attempt: 1, poster: poster(0, 'RUNNING') });
const painting = (seq: number): LiveEvent => ({ __typename: 'PosterProgressed', ...base(seq), stage: 'PAINTING', poster: { id: `${generationId}/00` } });
const succeeded = (seq: number): LiveEvent => ({ __typename: 'PosterSucceeded', ...base(seq), poster: poster(0, 'SUCCEEDED', 4), wallet });

describe('follow', () => {
  it('shows the stage of a running poster and forgets it at the end', () => {
    const running = [started(3), painting(4)].reduce(follow, nothingFollowed);
    expect(running.stages).toEqual({ [`${generationId}/00`]: 'PAINTING' });
    expect(running.startedAt).toEqual({ [`${generationId}/00`]: '2026-01-10T14:30:52Z' });
    const done = follow(running, succeeded(5));
    expect([done.stages, done.startedAt, done.ended?.index, done.lastSeq]).toEqual([{}, {}, 0, 5]);
  });

  it('is the same after a replay: repeated and late events change nothing, not even the reference', () => {
    const events = [started(3), painting(4), succeeded(5)];
    const once = events.reduce(follow, nothingFollowed);
    expect(events.reduce(follow, once)).toBe(once);
    expect(follow(once, painting(2))).toBe(once);
  });

  it('counts seq as a number: the tenth event comes after the ninth', () => {
    expect(follow(follow(nothingFollowed, started(9)), painting(10)).lastSeq).toBe(10);
  });

  it('starts over for another generation', () => {
    const first = follow(nothingFollowed, painting(40));
    const other = follow(first, { __typename: 'ProductNamed', ...base(2), generationId: 'session_20260111000000_0001', productName: 'X' });
    expect([other.lastSeq, other.stages]).toEqual([2, {}]);
  });

  it('ignores an event without a usable seq', () => {
    expect(follow(nothingFollowed, { ...painting(1), seq: 'x' })).toBe(nothingFollowed);
  });
});

describe('tally', () => {
  it('adds up the example of the specification: four succeed, one is refunded', () => {
    const posters = [0, 1, 2, 3].map((index) => poster(index, 'SUCCEEDED', 4)).concat(poster(4, 'REFUNDED', 0, 4));
    expect(tally(posters)).toEqual({ total: 5, settled: 5, succeeded: 4, refunded: 1, canceled: 0, captured: 16, released: 4 });
  });

  it('does not count what an earlier try gave back once the retry has succeeded', () => {
    expect(tally([poster(0, 'SUCCEEDED', 4, 4)])).toMatchObject({ captured: 4, released: 0 });
  });

  it('counts queued and running ones as open', () => {
    expect(tally([poster(0, 'QUEUED'), poster(1, 'RUNNING'), poster(2, 'CANCELED', 0, 4)])).toMatchObject({ total: 3, settled: 1, canceled: 1, released: 4 });
  });
});

describe('isActive', () => {
  it('goes on after a cancellation until the poster in the making has ended', () => {
    expect(isActive({ state: 'CANCELED', posters: [poster(0, 'CANCELED'), poster(1, 'RUNNING')] })).toBe(true);
    expect(isActive({ state: 'CANCELED', posters: [poster(0, 'CANCELED')] })).toBe(false);
    expect(isActive({ state: 'QUEUED', posters: [] })).toBe(true);
    expect(isActive({ state: 'COMPLETED', posters: [poster(0, 'SUCCEEDED')] })).toBe(false);
  });
});
