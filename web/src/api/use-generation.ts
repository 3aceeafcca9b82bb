import { useCallback, useEffect, useState } from 'react';
import { useQuery, useSubscription } from 'urql';
import { GenerationDocument, GenerationEventsDocument, type GenerationEventsSubscription, type GenerationEventsSubscriptionVariables } from '../gql/graphql';
import { useLastDefined } from '../lib/last-defined';
import { type Follow, follow, isActive, isLive, nothingFollowed } from '../lib/progress';
import { useStore } from '../lib/store';
import { connectionStore } from './connection';

const pollMs = 3_000;
const resubscribeEveryPolls = 4;
/** A line that stays dead this long is no blink any more: the page starts to ask by itself. */
export const outageMs = 15_000;

interface Run {
  id: string;
  after: string;
}

/**
 * A generation that keeps itself up to date: the snapshot first, then the events after it, and, while neither socket nor
 * subscription works, a plain question every few seconds.
 */
export function useGeneration(id: string | undefined) {
  const [result, execute] = useQuery({ query: GenerationDocument, variables: { id: id ?? '' }, pause: id === undefined, requestPolicy: 'cache-and-network' });
  const refresh = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
  const answer = useLastDefined(id === undefined || result.operation?.variables.id !== id ? undefined : result.data, id);
  const generation = id === undefined ? undefined : answer?.generation;

  // The subscription starts where the snapshot ends, and keeps that start while it runs: new variables would restart it.
  const [run, setRun] = useState<Run | null>(null);
  const active = generation ? isActive(generation) : false;
  const following = generation ? isLive(generation) : false;
  if (following && generation && run?.id !== generation.id) setRun({ id: generation.id, after: generation.lastSeq });
  if (!following && run !== null) setRun(null);

  const [stream, resubscribe] = useSubscription<GenerationEventsSubscription, Follow, GenerationEventsSubscriptionVariables>(
    { query: GenerationEventsDocument, variables: { generationId: run?.id ?? '', after: run?.after ?? null }, pause: run === null },
    (before, data) => follow(before ?? nothingFollowed, data.generationEvents),
  );

  const connection = useStore(connectionStore);
  const [outage, setOutage] = useState(false);
  const closedSinceMs = connection.status === 'closed' ? connection.sinceMs : undefined;
  useEffect(() => {
    if (closedSinceMs === undefined || run === null) return;
    const timer = setTimeout(() => setOutage(true), Math.max(0, closedSinceMs + outageMs - Date.now()));
    return () => {
      clearTimeout(timer);
      setOutage(false);
      // Back on line: whatever happened meanwhile is asked for at once, the replayed events then only confirm it.
      refresh();
    };
  }, [closedSinceMs, run, refresh]);

  const ended = run !== null && !stream.fetching;
  useEffect(() => {
    if (!ended && !outage) return;
    let polls = 0;
    const timer = setInterval(() => {
      refresh();
      polls += 1;
      if (ended && polls % resubscribeEveryPolls === 0) resubscribe();
    }, pollMs);
    return () => clearInterval(timer);
  }, [ended, outage, refresh, resubscribe]);

  const live = stream.data?.generationId === id ? (stream.data ?? nothingFollowed) : nothingFollowed;
  return { generation, fetching: result.fetching, error: result.error, active, live, refresh };
}
