import { readKept, writeKept } from './keep';

interface Kept {
  key: string;
  fingerprint: string;
}

const storageKey = (scope: string) => `haibao.key.${scope}`;

/**
 * The idempotency key for one intention. It stays the same while the intention does, across reloads too: a request whose
 * answer was lost is repeated under the same key and takes effect once. A changed intention gets a new key, because the
 * server refuses one key for two different requests.
 */
export function keyFor(scope: string, intention: unknown, storage: Storage = sessionStorage): string {
  const fingerprint = JSON.stringify(intention);
  const kept = readKept<Kept>(storage, storageKey(scope));
  if (kept?.fingerprint === fingerprint) return kept.key;
  const key = crypto.randomUUID();
  writeKept(storage, storageKey(scope), { key, fingerprint } satisfies Kept);
  return key;
}

/** To be called on any definite answer, acceptance or refusal: the next press is a new intention. */
export function settleKey(scope: string, storage: Storage = sessionStorage): void {
  writeKept(storage, storageKey(scope), undefined);
}
