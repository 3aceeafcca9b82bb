import { useState } from 'react';
import { useQuery } from 'urql';
import { type LedgerEntriesQuery, LedgerEntriesDocument, type OrderFieldsFragment, OrdersDocument } from '../gql/graphql';
import { useFormats, useText, useTitle } from '../i18n';
import { useLastDefined } from '../lib/last-defined';
import { yuan } from '../lib/money';
import { generationOf } from '../lib/ids';
import { Link } from '../lib/router';
import { useStudio, useViewer } from '../session';
import { ErrorNotice } from './feedback';

type Entry = LedgerEntriesQuery['ledgerEntries']['edges'][number]['node'];

function useCursors() {
  const [cursors, setCursors] = useState<readonly (string | null)[]>([null]);
  return { cursors, more: (cursor: string) => setCursors((before) => (before.includes(cursor) ? before : [...before, cursor])) };
}

function More({ onClick }: { onClick: () => void }) {
  const t = useText('account');
  return (
    <button type="button" className="btn btn-plain btn-small mt-4 w-full" onClick={onClick}>
      {t.loadMore}
    </button>
  );
}

const pageSize = 10;

/** Newest first. A change of the balance means new entries, so the list is asked for anew with each version of it. */
export function LedgerList() {
  const { wallet } = useViewer();
  const { cursors, more } = useCursors();
  return cursors.map((after, at) => <LedgerPage key={after ?? ''} after={after} walletVersion={wallet.version} last={at === cursors.length - 1} onMore={more} />);
}

interface PageProps {
  after: string | null;
  last: boolean;
  onMore: (cursor: string) => void;
}

function LedgerPage({ after, last, onMore, walletVersion }: PageProps & { walletVersion: number }) {
  const t = useText('account');
  const [result, execute] = useQuery({
    query: LedgerEntriesDocument,
    variables: { first: pageSize, after },
    requestPolicy: 'cache-and-network',
    context: useFreshContext(walletVersion),
  });
  const list = useLastDefined(result.data)?.ledgerEntries;
  if (!list) return result.error ? <ErrorNotice error={result.error} onRetry={() => execute({ requestPolicy: 'network-only' })} /> : <div className="skeleton h-48" />;
  if (list.edges.length === 0) return after === null ? <p className="py-6 text-center text-muted">{t.account.ledgerEmpty}</p> : null;
  const next = list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null;
  return (
    <>
      <ul className="divide-y divide-line" data-testid="ledger">
        {list.edges.map(({ node }) => (
          <LedgerRow key={node.id} entry={node} />
        ))}
      </ul>
      {last && next !== null && <More onClick={() => onMore(next)} />}
    </>
  );
}

/** A context object that is new exactly when `version` is: urql repeats a query whose context has changed. */
function useFreshContext(version: number): { version: number } {
  const [context, setContext] = useState({ version });
  if (context.version !== version) setContext({ version });
  return context;
}

const signed = (n: number) => (n > 0 ? `+${n}` : n < 0 ? `−${-n}` : '0');

function LedgerRow({ entry }: { entry: Entry }) {
  const t = useText('account');
  const title = useTitle();
  const formats = useFormats();
  const name = entry.poster ? `${entry.poster.dimension.number} ${title(entry.poster.dimension)}` : undefined;
  return (
    <li className="grid grid-cols-[1fr_auto] gap-x-4 py-3">
      <div className="min-w-0">
        <p className="font-medium">{t.account.ledgerKinds[entry.kind]}</p>
        <p className="text-sm text-muted">
          {formats.dateTime(entry.at)}
          {entry.poster && (
            <>
              {' · '}
              <Link className="link" href={`/history/${generationOf(entry.poster.id)}`}>
                {name}
              </Link>
            </>
          )}
        </p>
      </div>
      <p className="text-right tabular-nums">
        {entry.creditsDelta !== 0 && (
          <span className={entry.creditsDelta > 0 ? 'text-good' : ''}>
            {t.account.columns.available} {signed(entry.creditsDelta)}
          </span>
        )}
        {entry.frozenDelta !== 0 && (
          <span className="ml-2 text-muted">
            {t.account.columns.frozen} {signed(entry.frozenDelta)}
          </span>
        )}
        <span className="block text-sm text-muted">
          {t.account.columns.after} {entry.creditsAfter}
        </span>
      </p>
    </li>
  );
}

export function OrderList({ onContinue }: { onContinue: (id: string) => void }) {
  const { cursors, more } = useCursors();
  return cursors.map((after, at) => <OrderPage key={after ?? ''} after={after} last={at === cursors.length - 1} onMore={more} onContinue={onContinue} />);
}

function OrderPage({ after, last, onMore, onContinue }: PageProps & { onContinue: (id: string) => void }) {
  const t = useText('account');
  const [result, execute] = useQuery({ query: OrdersDocument, variables: { first: pageSize, after }, requestPolicy: 'cache-and-network' });
  const list = useLastDefined(result.data)?.orders;
  if (!list) return result.error ? <ErrorNotice error={result.error} onRetry={() => execute({ requestPolicy: 'network-only' })} /> : <div className="skeleton h-48" />;
  if (list.edges.length === 0) return after === null ? <p className="py-6 text-center text-muted">{t.account.ordersEmpty}</p> : null;
  const next = list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null;
  return (
    <>
      <ul className="divide-y divide-line" data-testid="orders">
        {list.edges.map(({ node }) => (
          <OrderRow key={node.id} order={node} onContinue={onContinue} />
        ))}
      </ul>
      {last && next !== null && <More onClick={() => onMore(next)} />}
    </>
  );
}

function OrderRow({ order, onContinue }: { order: OrderFieldsFragment; onContinue: (id: string) => void }) {
  const t = useText('account');
  const title = useTitle();
  const formats = useFormats();
  const { paymentChannels } = useStudio();
  const channel = paymentChannels.find((one) => one.code === order.channel);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
      <div className="min-w-44 flex-1">
        <p className="font-medium tabular-nums">
          ¥{yuan(order.amountFen)} · {t.credits(order.credits)}
        </p>
        <p className="text-sm text-muted">
          {formats.dateTime(order.createdAt)}
          {channel && ` · ${title(channel)}`}
        </p>
      </div>
      <div className="ml-auto flex shrink-0 items-center gap-2">
        <span className={order.status === 'PAID' ? 'text-good' : 'text-muted'}>{t.account.orderStates[order.status]}</span>
        {order.status === 'PENDING' && (
          <button type="button" className="btn btn-plain btn-small" onClick={() => onContinue(order.id)}>
            {t.account.goPay}
          </button>
        )}
      </div>
    </li>
  );
}
