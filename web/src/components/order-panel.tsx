import { Suspense, lazy, useEffect, useRef, useState } from 'react';
import { useClient, useMutation, useQuery } from 'urql';
import { problemOf, refusalText } from '../api/errors';
import { connectionStore } from '../api/connection';
import { useStream } from '../api/use-stream';
import { CancelOrderDocument, OrderChangedDocument, OrderDocument, ViewerDocument } from '../gql/graphql';
import { useFormats, useText } from '../i18n';
import { clock, useCountdown } from '../lib/countdown';
import { useLastDefined } from '../lib/last-defined';
import { yuan } from '../lib/money';
import { Link } from '../lib/router';
import { useStore } from '../lib/store';
import { Alert, ErrorNotice, toast } from './feedback';
import { Icon } from './icon';

const QrCode = lazy(() => import('./qr-code'));

const pollMs = 4_000;

/** An order on its way: where to pay, and the server's word on whether it has been paid. The page itself never guesses. */
export default function OrderPanel({ id, fromDraft, onDone }: { id: string; fromDraft: boolean; onDone: () => void }) {
  const t = useText('account');
  const formats = useFormats();
  const client = useClient();
  const [result, execute] = useQuery({ query: OrderDocument, variables: { id } });
  const order = useLastDefined(result.data)?.order;
  const pending = order?.status === 'PENDING';
  const ended = useStream(OrderChangedDocument, { id }, !pending);
  const online = useStore(connectionStore).status === 'open';
  const [canceling, cancel] = useMutation(CancelOrderDocument);
  const [problem, setProblem] = useState<string>();
  const words = useText('account').accountMore;
  const left = useCountdown(pending && order ? Date.parse(order.expiresAt) : undefined);

  const asks = pending && (!online || ended);
  useEffect(() => {
    if (!asks) return;
    const timer = setInterval(() => execute({ requestPolicy: 'network-only' }), pollMs);
    return () => clearInterval(timer);
  }, [asks, execute]);

  const expired = pending && left === 0;
  useEffect(() => {
    if (expired) execute({ requestPolicy: 'network-only' });
  }, [expired, execute]);

  const wasPending = useRef(false);
  const paid = order?.status === 'PAID';
  useEffect(() => {
    if (pending) wasPending.current = true;
    if (paid && wasPending.current) void client.query(ViewerDocument, {}, { requestPolicy: 'network-only' }).toPromise();
  }, [pending, paid, client]);

  if (!order) return result.error ? <ErrorNotice error={result.error} onRetry={() => execute({ requestPolicy: 'network-only' })} /> : <div className="skeleton h-40" />;

  async function cancelIt() {
    setProblem(undefined);
    const { data, error } = await cancel({ input: { orderId: id } });
    if (error) return setProblem(problemOf(error, t).text);
    if (data?.cancelOrder.__typename === 'InvalidInput') return setProblem(refusalText(data.cancelOrder, t));
    toast(t.account.closed);
    onDone();
  }

  return (
    <div className="grid gap-4" data-testid="order" data-status={order.status}>
      <div className="flex items-baseline gap-4">
        <span className="text-3xl font-bold tabular-nums">¥{yuan(order.amountFen)}</span>
        <span className="text-muted tabular-nums">{t.credits(order.credits)}</span>
      </div>
      <p className="text-sm text-muted">
        {t.account.orderNo} <span className="break-all tabular-nums">{order.id}</span>
      </p>
      <p role="status" className={`font-semibold ${paid ? 'text-good' : ''}`}>
        {order.status === 'PENDING' && t.account.waiting}
        {order.status === 'PAID' && (
          <span className="flex items-center gap-2 text-lg">
            <Icon name="check" />
            {t.account.paid(order.credits)}
          </span>
        )}
        {order.status === 'CLOSED' && t.account.closed}
        {order.status === 'REFUNDED' && t.account.refunded}
      </p>
      {problem && <Alert>{problem}</Alert>}
      {pending ? (
        <>
          {order.payment?.qrCode && (
            <div className="grid justify-items-center gap-2 max-sm:hidden">
              <Suspense fallback={<div className="skeleton size-48" />}>
                <QrCode text={order.payment.qrCode} label={words.qrLabel} />
              </Suspense>
              <p className="text-sm text-muted">{words.scan}</p>
            </div>
          )}
          {order.payment?.url && (
            <a className="btn btn-primary" href={order.payment.url} target="_blank" rel="noopener" data-testid="pay">
              {t.account.goPay}
              <Icon name="external" className="size-4" />
            </a>
          )}
          <p className="text-sm text-muted">
            {t.account.waitingHint}
            <span className="block">
              {t.account.expiresIn(formats.time(order.expiresAt))} · <span className="tabular-nums">{words.expiresIn(clock(left))}</span>
            </span>
          </p>
          <button type="button" className="btn btn-quiet" onClick={() => execute({ requestPolicy: 'network-only' })}>
            {words.recheck}
          </button>
          <button type="button" className="btn btn-plain" disabled={canceling.fetching} onClick={() => void cancelIt()}>
            {t.account.cancelOrder}
          </button>
        </>
      ) : (
        <div className="flex flex-wrap gap-2">
          {fromDraft && paid && (
            <Link href="/" className="btn btn-primary">
              {t.account.continueDraft}
            </Link>
          )}
          <button type="button" className="btn btn-plain" onClick={onDone}>
            {t.account.another}
          </button>
        </div>
      )}
    </div>
  );
}
