/** What a choice of posters costs and whether the balance covers it. Prices always come from the server's `studio`. */
export interface Cost {
  posters: number;
  credits: number;
  after: number;
  missing: number;
  /** How many of the chosen posters the balance would pay for. */
  affordable: number;
}

export function costOf(posters: number, creditsPerPoster: number, available: number): Cost {
  const credits = posters * creditsPerPoster;
  const affordable = creditsPerPoster > 0 ? Math.min(posters, Math.floor(Math.max(0, available) / creditsPerPoster)) : posters;
  return { posters, credits, after: available - credits, missing: Math.max(0, credits - available), affordable };
}

/** Fen as yuan, without a tail of zeros: 1000 → "10", 1050 → "10.50". */
export function yuan(amountFen: number): string {
  return amountFen % 100 === 0 ? String(amountFen / 100) : (amountFen / 100).toFixed(2);
}
