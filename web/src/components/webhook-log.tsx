import { useEffect, useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { problemOf, refusalText } from '../api/errors';
import { type DeliveryFieldsFragment, ReplayWebhookDeliveryDocument, WebhookDeliveriesDocument } from '../gql/graphql';
import { useFormats, useText } from '../i18n';
import { useLastDefined } from '../lib/last-defined';
import { ErrorNotice, toast } from './feedback';

const pageSize = 10;
const refreshMs = 5_000;

const isUnderWay = ({ state }: DeliveryFieldsFragment) => state === 'QUEUED' || state === 'RUNNING';

/** What a web hook was told and how it went. Looks again by itself while something is on its way. */
export default function WebhookLog({ endpointId }: { endpointId: string }) {
  const t = useText();
  const words = useText('partners').webhooks;
  const [shown, setShown] = useState(pageSize);
  const [result, execute] = useQuery({ query: WebhookDeliveriesDocument, variables: { id: endpointId, first: shown, after: null }, requestPolicy: 'cache-and-network' });
  const node = useLastDefined(result.data)?.node;
  const list = node?.__typename === 'WebhookEndpoint' ? node.deliveries : undefined;
  const waiting = list?.edges.some((edge) => isUnderWay(edge.node)) ?? false;

  useEffect(() => {
    if (!waiting) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') execute({ requestPolicy: 'network-only' });
    }, refreshMs);
    return () => clearInterval(timer);
  }, [waiting, execute]);

  if (!list) return result.error ? <ErrorNotice error={result.error} onRetry={() => execute({ requestPolicy: 'network-only' })} /> : <div aria-busy="true" className="skeleton h-24" />;
  return (
    <div className="grid gap-2 rounded-xl bg-sunken px-4 py-2" data-testid="webhook-log">
      {list.edges.length === 0 ? (
        <p className="py-2 text-sm text-muted">{words.logEmpty}</p>
      ) : (
        <ul className="divide-y divide-line">
          {list.edges.map((edge) => (
            <Delivery key={edge.node.id} delivery={edge.node} />
          ))}
        </ul>
      )}
      <div className="flex gap-2 pb-1">
        <button type="button" className="btn btn-plain btn-small" onClick={() => execute({ requestPolicy: 'network-only' })}>
          {words.refresh}
        </button>
        {list.pageInfo.hasNextPage && shown < 100 && (
          <button type="button" className="btn btn-plain btn-small" onClick={() => setShown((before) => Math.min(100, before + 3 * pageSize))}>
            {t.loadMore}
          </button>
        )}
      </div>
    </div>
  );
}

function Delivery({ delivery }: { delivery: DeliveryFieldsFragment }) {
  const t = useText();
  const words = useText('partners').webhooks;
  const formats = useFormats();
  const [state, replay] = useMutation(ReplayWebhookDeliveryDocument);
  const { attempts, nextAttemptAt, payload } = delivery;

  async function again() {
    const { data, error } = await replay({ input: { deliveryId: delivery.id } });
    if (error) toast(problemOf(error, t).text, true);
    else if (data?.replayWebhookDelivery.__typename === 'InvalidInput') toast(refusalText(data.replayWebhookDelivery, t), true);
    else toast(words.replayed);
  }

  return (
    <li className="grid gap-1 py-3 text-sm">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-medium">{words.kinds[delivery.kind]}</span>
        <span className={delivery.state === 'DELIVERED' ? 'text-good' : delivery.state === 'FAILED' ? 'text-bad' : 'text-muted'}>{words.deliveryStates[delivery.state]}</span>
        <time dateTime={delivery.createdAt} className="text-muted tabular-nums">
          {formats.dateTime(delivery.createdAt)}
        </time>
        {!isUnderWay(delivery) && (
          <button type="button" className="btn btn-plain btn-small ml-auto" disabled={state.fetching} onClick={() => void again()}>
            {words.replay}
          </button>
        )}
      </div>
      {attempts.length > 0 && (
        <ol className="text-muted tabular-nums">
          {attempts.map((attempt, at) => (
            <li key={attempt.at}>
              {[words.attempt(at + 1), words.outcomes[attempt.outcome], attempt.status !== null && words.status(attempt.status), words.took(attempt.durationMs)].filter(Boolean).join(' · ')}
            </li>
          ))}
        </ol>
      )}
      {nextAttemptAt !== null && attempts.length > 0 && <p className="text-muted">{words.next(formats.dateTime(nextAttemptAt))}</p>}
      {payload !== null && (
        <details>
          <summary className="link inline-block py-1">{words.body}</summary>
          <pre className="py-1 text-xs break-all whitespace-pre-wrap">{payload}</pre>
        </details>
      )}
    </li>
  );
}
