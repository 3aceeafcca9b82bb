import { useEffect, useState } from 'react';
import { type Client, type OperationResult, useClient } from 'urql';
import { problemOf } from '../api/errors';
import { LedgerEntriesDocument, type LedgerEntriesQuery } from '../gql/graphql';
import { currentLocale, useText, useTitle } from '../i18n';
import { type LedgerLine, dailySpending } from '../lib/ledger';
import { useViewer } from '../session';
import { toast } from './feedback';
import { Icon } from './icon';

const days = 30;
const dayMs = 86_400_000;
const pageSize = 100;
const pagesMax = 50;

/** The ledger, newest first, as far back as is wanted. */
async function readLedger(client: Client, sinceMs: number): Promise<LedgerLine[]> {
  const lines: LedgerLine[] = [];
  let after: string | null = null;
  for (let page = 0; page < pagesMax; page += 1) {
    const result: OperationResult<LedgerEntriesQuery> = await client.query(LedgerEntriesDocument, { first: pageSize, after }, { requestPolicy: 'network-only' }).toPromise();
    if (result.error) throw result.error;
    const list = result.data?.ledgerEntries;
    lines.push(...(list?.edges.map(({ node }) => node) ?? []));
    const oldest = lines.at(-1);
    if (!list?.pageInfo.hasNextPage || !oldest || Date.parse(oldest.at) < sinceMs) break;
    after = list.pageInfo.endCursor;
  }
  return lines;
}

const shortDay = (day: string): string =>
  new Intl.DateTimeFormat(currentLocale() === 'zh' ? 'zh-CN' : 'en', { month: 'numeric', day: 'numeric' }).format(new Date(`${day}T12:00`));

/** What was really spent, day by day: bars for the eye, a table for everybody else. */
export function Spending() {
  const { wallet } = useViewer();
  // A change of the balance means new lines.
  return <Bars key={wallet.version} />;
}

function Bars() {
  const words = useText('account').accountMore;
  const client = useClient();
  const [nowMs] = useState(() => Date.now());
  const [lines, setLines] = useState<readonly LedgerLine[] | null>();
  useEffect(() => {
    let wanted = true;
    readLedger(client, nowMs - (days + 1) * dayMs).then(
      (read) => {
        if (wanted) setLines(read);
      },
      // The list below tells about the same failure, with a way on; here only nothing wrong may be said.
      () => {
        if (wanted) setLines(null);
      },
    );
    return () => {
      wanted = false;
    };
  }, [client, nowMs]);

  const spending = dailySpending(lines ?? [], nowMs, days);
  const most = Math.max(1, ...spending.map(({ credits }) => credits));
  const total = spending.reduce((sum, { credits }) => sum + credits, 0);
  return (
    <figure aria-busy={lines === undefined} className="grid gap-2">
      <figcaption className="flex items-baseline text-sm">
        <span className="font-semibold">{words.spending}</span>
        <span className="ml-auto text-muted tabular-nums">{lines && words.spendingTotal(total)}</span>
      </figcaption>
      <svg aria-hidden="true" viewBox="0 0 300 64" preserveAspectRatio="none" className="h-16 w-full border-b border-line">
        {spending.map(({ day, credits }, at) => (
          <rect
            key={day}
            x={at * 10 + 1.5}
            width="7"
            y={64 - Math.max(1, (credits / most) * 62)}
            height={Math.max(1, (credits / most) * 62)}
            className={credits > 0 ? 'fill-accent' : 'fill-line'}
          />
        ))}
      </svg>
      <p aria-hidden="true" className="flex justify-between text-xs text-muted tabular-nums">
        <span>{shortDay(spending[0]?.day ?? '')}</span>
        <span>{shortDay(spending.at(-1)?.day ?? '')}</span>
      </p>
      <table className="sr-only">
        <caption>{words.spendingTable}</caption>
        <thead>
          <tr>
            <th scope="col">{words.day}</th>
            <th scope="col">{words.spent}</th>
          </tr>
        </thead>
        <tbody>
          {spending
            .filter(({ credits }) => credits > 0)
            .map(({ day, credits }) => (
              <tr key={day}>
                <th scope="row">{day}</th>
                <td>{credits}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </figure>
  );
}

/** The whole statement as a file that spreadsheets open. */
export function CsvButton() {
  const t = useText('account');
  const words = useText('account').accountMore;
  const title = useTitle();
  const client = useClient();
  const [busy, setBusy] = useState(false);

  async function save() {
    setBusy(true);
    try {
      const [lines, { saveStatement }] = await Promise.all([readLedger(client, 0), import('../lib/statement-file')]);
      saveStatement(lines, words.csvColumns, ({ kind, poster }) => [t.account.ledgerKinds[kind], poster ? `${poster.dimension.number} ${title(poster.dimension)}` : '']);
    } catch (error) {
      toast(problemOf(error as Parameters<typeof problemOf>[0], t).text, true);
    } finally {
      setBusy(false);
    }
  }

  return (
    <button type="button" className="btn btn-plain btn-small ml-auto" disabled={busy} onClick={() => void save()} data-testid="csv">
      <Icon name="download" className="size-4" />
      {busy ? words.csvBusy : words.csv}
    </button>
  );
}
