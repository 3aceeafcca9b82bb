// The router is used through this file alone, so that it can be replaced.
export { Link, Route, Switch, useLocation, useParams, useSearchParams } from 'wouter';
export { navigate } from 'wouter/use-browser-location';

/** The path and query to come back to after sign-in; only paths of this site are accepted. */
export function safeReturnPath(next: string | null): string {
  if (!next || !next.startsWith('/') || next.startsWith('//') || next.startsWith('/\\') || next.startsWith('/login')) return '/';
  return next;
}

export function loginPath(from: string): string {
  const next = safeReturnPath(from);
  return next === '/' ? '/login' : `/login?next=${encodeURIComponent(next)}`;
}
