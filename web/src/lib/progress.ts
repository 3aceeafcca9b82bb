import type { GenerationEventsSubscription, GenerationFieldsFragment, PosterFieldsFragment, PosterStage } from '../gql/graphql';

export type LiveEvent = GenerationEventsSubscription['generationEvents'];

/** What only the event stream knows, beside the entities that the cache keeps. */
export interface Follow {
  generationId: string | undefined;
  lastSeq: number;
  stages: Readonly<Record<string, PosterStage>>;
  startedAt: Readonly<Record<string, string>>;
  /** The latest poster that came to an end, for the one sentence a screen reader hears about it. */
  ended: PosterFieldsFragment | undefined;
}

export const nothingFollowed: Follow = { generationId: undefined, lastSeq: 0, stages: {}, startedAt: {}, ended: undefined };

function without<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  if (!(key in record)) return record;
  const { [key]: _gone, ...rest } = record;
  return rest;
}

/** Takes in one event. Repeated and late ones (a reconnect replays from where the subscription began) change nothing. */
export function follow(before: Follow, event: LiveEvent): Follow {
  const state = before.generationId === event.generationId ? before : { ...nothingFollowed, generationId: event.generationId };
  const seq = Number(event.seq);
  if (!Number.isSafeInteger(seq) || seq <= state.lastSeq) return before;
  const next: Follow = { ...state, lastSeq: seq };
  switch (event.__typename) {
    case 'PosterStarted':
      return { ...next, startedAt: { ...next.startedAt, [event.poster.id]: event.at }, stages: without(next.stages, event.poster.id) };
    case 'PosterProgressed':
      return { ...next, stages: { ...next.stages, [event.poster.id]: event.stage } };
    case 'PosterSucceeded':
    case 'PosterRefunded':
    case 'PosterCanceled':
      return {
        ...next,
        stages: without(next.stages, event.poster.id),
        startedAt: without(next.startedAt, event.poster.id),
        ended: event.poster,
      };
    default:
      return next;
  }
}

type PosterState = PosterFieldsFragment['state'];

export const isUnsettled = (state: PosterState): boolean => state === 'QUEUED' || state === 'RUNNING';

/** Whether anything of the generation can still change by itself. */
export function isActive(generation: Pick<GenerationFieldsFragment, 'state'> & { posters: readonly { state: PosterState }[] }): boolean {
  return generation.state === 'QUEUED' || generation.state === 'RUNNING' || generation.posters.some((poster) => isUnsettled(poster.state));
}

/** Whether events are to be expected: a finished set comes alive again while one of its posters is edited. */
export function isLive(generation: Pick<GenerationFieldsFragment, 'state'> & { posters: readonly Pick<PosterFieldsFragment, 'state' | 'activeEdit'>[] }): boolean {
  return isActive(generation) || generation.posters.some((poster) => poster.activeEdit?.state === 'QUEUED' || poster.activeEdit?.state === 'RUNNING');
}

export interface Tally {
  total: number;
  settled: number;
  succeeded: number;
  refunded: number;
  canceled: number;
  captured: number;
  released: number;
}

/** Counted from the posters as they are, never by adding up events: repeats cannot make it wrong. */
export function tally(posters: readonly Pick<PosterFieldsFragment, 'state' | 'creditsCaptured' | 'creditsReleased'>[]): Tally {
  const sum: Tally = { total: posters.length, settled: 0, succeeded: 0, refunded: 0, canceled: 0, captured: 0, released: 0 };
  for (const poster of posters) {
    if (!isUnsettled(poster.state)) sum.settled += 1;
    if (poster.state === 'SUCCEEDED') {
      sum.succeeded += 1;
      sum.captured += poster.creditsCaptured;
    } else if (poster.state === 'REFUNDED' || poster.state === 'CANCELED') {
      sum[poster.state === 'REFUNDED' ? 'refunded' : 'canceled'] += 1;
      sum.released += poster.creditsReleased;
    }
  }
  return sum;
}
