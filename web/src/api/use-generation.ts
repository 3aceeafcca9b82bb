import { useCallback, useEffect, useState } from 'react';
import { useQuery } from 'urql';
import { GenerationDocument, GenerationEventsDocument } from '../gql/graphql';
import { useLastDefined } from '../lib/last-defined';
import { type Follow, follow, isActive, isLive, nothingFollowed } from '../lib/progress';
import { useStore } from '../lib/store';
import { connectionStore } from './connection';
import { useStream } from './use-stream';

const pollMs = 3_000;
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

  const [followed, setFollowed] = useState<Follow>(nothingFollowed);
  const ended = useStream(GenerationEventsDocument, { generationId: run?.id ?? '', after: run?.after ?? null }, run === null, (data) =>
    setFollowed((before) => follow(before, data.generationEvents)),
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

  useEffect(() => {
    if (!ended && !outage) return;
    const timer = setInterval(refresh, pollMs);
    return () => clearInterval(timer);
  }, [ended, outage, refresh]);

  const live = followed.generationId === id ? followed : nothingFollowed;
  return { generation, fetching: result.fetching, error: result.error, active, live, refresh };
}
