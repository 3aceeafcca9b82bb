import { useSyncExternalStore } from 'react';

/** Whole seconds until `endMs`, never negative. Rounded up, so that "1" is shown until the very end. */
export function secondsLeft(endMs: number | undefined, nowMs: number): number {
  if (endMs === undefined || !Number.isFinite(endMs)) return 0;
  return Math.max(0, Math.ceil((endMs - nowMs) / 1000));
}

/**
 * The end of a wait by this browser's clock. The server's instant is trusted only as far as the policy's length allows:
 * a browser whose clock is wrong by minutes would otherwise show an absurd countdown, or none.
 */
export function waitEndMs(serverInstant: string, policySeconds: number, nowMs: number): number {
  const stated = Date.parse(serverInstant);
  const longest = nowMs + policySeconds * 1000;
  if (Number.isNaN(stated) || stated > longest || stated <= nowMs) return longest;
  return stated;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** Seconds as a clock shows them: 75 → 1:15, 4000 → 1:06:40. */
export function clock(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

function everyQuarterSecond(tick: () => void): () => void {
  const timer = setInterval(tick, 250);
  return () => clearInterval(timer);
}

/** Counts down to an instant; read from the clock each time, so a sleeping tab wakes up right. */
export function useCountdown(endMs: number | undefined): number {
  return useSyncExternalStore(everyQuarterSecond, () => secondsLeft(endMs, Date.now()));
}
