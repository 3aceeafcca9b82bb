import { useState } from 'react';

/** The latest value there was for this key: a failed repeat of a question must not blank what is on the page. */
export function useLastDefined<T>(value: T | undefined, key = ''): T | undefined {
  const [kept, setKept] = useState<{ value: T; key: string } | undefined>(value === undefined ? undefined : { value, key });
  if (value !== undefined && (kept?.value !== value || kept.key !== key)) setKept({ value, key });
  return value !== undefined ? value : (kept?.key === key ? kept.value : undefined);
}
