type Fields = Record<string, unknown>;

/** Newest known fields of every versioned thing, by type and id. */
export type VersionMemory = Map<string, Fields>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

function memoryKey(fields: Fields): string | undefined {
  if (typeof fields['__typename'] !== 'string') return undefined;
  // The wallet has no id: there is one per signed-in person, and the memory lives no longer than the sign-in.
  return `${fields['__typename']}:${typeof fields['id'] === 'string' ? fields['id'] : 'own'}`;
}

const isVersioned = (fields: Fields): boolean => typeof fields['version'] === 'number';

/**
 * What is remembered of a thing holds others as they were in that answer: each is brought up to what is known of it by now. A
 * thing that comes up again within itself stays as it is.
 */
function refreshed(memory: VersionMemory, value: unknown, within: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => refreshed(memory, item, within));
  if (!isFields(value)) return value;
  const key = memoryKey(value);
  if (key !== undefined && within.includes(key)) return value;
  const newest = { ...value, ...(key === undefined ? undefined : memory.get(key)) };
  const inside = key === undefined ? within : [...within, key];
  return Object.fromEntries(Object.entries(newest).map(([name, field]) => [name, refreshed(memory, field, inside)]));
}

/**
 * Answers arrive out of order: a replayed event carries the balance of its own time, a slow query that of its start. Whatever
 * carries a `version` older than one already seen has its fields replaced by the newer ones before the cache can see it.
 */
export function keepNewest<T>(memory: VersionMemory, data: T): T {
  if (Array.isArray(data)) return data.map((item: unknown) => keepNewest(memory, item)) as T;
  if (!isFields(data)) return data;
  const guarded: Fields = {};
  for (const [name, value] of Object.entries(data)) guarded[name] = keepNewest(memory, value);
  const key = isVersioned(guarded) ? memoryKey(guarded) : undefined;
  if (key === undefined) return guarded as T;
  const known = memory.get(key);
  if (known && (known['version'] as number) > (guarded['version'] as number)) {
    for (const name of Object.keys(guarded)) if (name in known) guarded[name] = refreshed(memory, known[name], [key]);
    return guarded as T;
  }
  // Fields this answer did not ask for are not newer, but they are still the newest known.
  memory.set(key, { ...known, ...guarded });
  return guarded as T;
}
