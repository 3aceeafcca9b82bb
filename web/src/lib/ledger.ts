import type { LedgerEntriesQuery } from '../gql/graphql';

export type LedgerLine = LedgerEntriesQuery['ledgerEntries']['edges'][number]['node'];

export interface Day {
  /** In this browser's time zone, `YYYY-MM-DD`. */
  day: string;
  credits: number;
}

const two = (n: number): string => String(n).padStart(2, '0');

export function dayOf(ms: number): string {
  const date = new Date(ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Credits really spent on each of the last `days` days, oldest first: what was held and came back counts for nothing. */
export function dailySpending(lines: readonly Pick<LedgerLine, 'kind' | 'creditsDelta' | 'frozenDelta' | 'at'>[], nowMs: number, days: number): Day[] {
  const today = new Date(nowMs);
  const list = Array.from({ length: days }, (_, back) => ({
    // By the calendar, not by 24 hours: days of a clock change are longer or shorter.
    day: dayOf(new Date(today.getFullYear(), today.getMonth(), today.getDate() - (days - 1 - back), 12).getTime()),
    credits: 0,
  }));
  const byDay = new Map(list.map((one) => [one.day, one]));
  for (const line of lines) {
    const day = line.kind === 'CAPTURE' ? byDay.get(dayOf(Date.parse(line.at))) : undefined;
    if (day) day.credits -= line.creditsDelta + line.frozenDelta;
  }
  return list;
}
