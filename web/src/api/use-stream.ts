import { type AnyVariables, type TypedDocumentNode, createRequest } from '@urql/core';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useClient } from 'urql';
import { onEnd, pipe, subscribe } from 'wonka';

/** A stream that was completed or refused is begun anew after this long. */
const listenAgainMs = 12_000;

/**
 * A subscription that knows whether it still runs: the answer is whether it has ended and nothing will come for a while. urql's
 * own hook does not know: its `fetching` is false after each event, and true again once the stream is complete.
 */
export function useStream<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  pause = false,
  onData?: (data: Data) => void,
): boolean {
  const client = useClient();
  const request = createRequest(query, variables);
  const [round, setRound] = useState(0);
  const run = `${request.key}.${round}`;
  const [endedRun, setEndedRun] = useState<string>();

  const latest = useRef({ request, onData });
  useLayoutEffect(() => {
    latest.current = { request, onData };
  });

  useEffect(() => {
    if (pause) return;
    // Letting go of a stream ends it too; nobody is left then who would have to be told.
    let held = true;
    const end = () => held && setEndedRun(run);
    const { unsubscribe } = pipe(
      client.executeSubscription<Data, Variables>(latest.current.request),
      onEnd(end),
      subscribe(({ data, error }) => {
        if (error) end();
        if (data) latest.current.onData?.(data);
      }),
    );
    return () => {
      held = false;
      unsubscribe();
    };
  }, [client, run, pause]);

  const ended = !pause && endedRun === run;
  useEffect(() => {
    if (!ended) return;
    const timer = setTimeout(() => setRound((before) => before + 1), listenAgainMs);
    return () => clearTimeout(timer);
  }, [ended]);
  return ended;
}
