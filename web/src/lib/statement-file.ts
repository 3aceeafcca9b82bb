import type { LedgerLine } from './ledger';

/** A line of CSV. Quotes what needs it, and disarms what a spreadsheet would take for a formula. */
export function csvLine(cells: readonly (string | number)[]): string {
  return cells
    .map((cell) => {
      if (typeof cell === 'number') return String(cell);
      const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
      return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    })
    .join(',');
}

/** Hands the statement to the browser as a file; `naming` says a movement's kind and poster in the page's language. */
export function saveStatement(lines: readonly LedgerLine[], columns: readonly string[], naming: (line: LedgerLine) => [string, string]): void {
  const rows = lines.map((line) => csvLine([line.at, ...naming(line), line.creditsDelta, line.frozenDelta, line.creditsAfter, line.frozenAfter]));
  // The mark in front tells spreadsheets that this is UTF-8.
  const url = URL.createObjectURL(new Blob([`\uFEFF${[csvLine(columns), ...rows].join('\r\n')}\r\n`], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'haibao-ledger.csv';
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
