import { describe, expect, it } from 'vitest';
import { dailySpending, dayOf } from './ledger';
import { csvLine } from './statement-file';

const line = (kind: 'CAPTURE' | 'HOLD' | 'RELEASE', credits: number, frozen: number, ms: number) => ({
  kind,
  creditsDelta: credits,
  frozenDelta: frozen,
  at: new Date(ms).toISOString(),
});

describe('dailySpending', () => {
  it('counts what was spent on its day, not what was held or came back', () => {
    const now = new Date(2026, 2, 10, 15).getTime();
    const yesterday = new Date(2026, 2, 9, 23, 59).getTime();
    const days = dailySpending(
      [line('HOLD', -8, 8, now), line('CAPTURE', 0, -4, now), line('RELEASE', 4, -4, now), line('CAPTURE', 0, -4, yesterday), line('CAPTURE', 0, -4, yesterday), line('CAPTURE', 0, -4, new Date(2026, 1, 1).getTime())],
      now,
      3,
    );
    expect(days).toEqual([
      { day: '2026-03-08', credits: 0 },
      { day: '2026-03-09', credits: 8 },
      { day: '2026-03-10', credits: 4 },
    ]);
  });

  it('has each day once, over the turn of a month', () => {
    const days = dailySpending([], new Date(2026, 2, 2).getTime(), 30).map(({ day }) => day);
    expect([days.length, new Set(days).size, days[0], days.at(-1)]).toEqual([30, 30, '2026-02-01', '2026-03-02']);
    expect(dayOf(new Date(2026, 0, 5).getTime())).toBe('2026-01-05');
  });
});

describe('csvLine', () => {
  it('quotes, doubles quotes, and makes no formulas', () => {
    expect(csvLine(['a', -4, 'b,c', 'say "hi"', '=1+1', '-x'])).toBe(`a,-4,"b,c","say ""hi""",'=1+1,'-x`);
  });
});
