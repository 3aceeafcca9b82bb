// The addresses of the client: six pages need no more than the History API and a hook or two.
import { type AnchorHTMLAttributes, type MouseEvent, useCallback, useMemo, useSyncExternalStore } from 'react';

interface How {
  replace?: boolean;
}

const listeners = new Set<() => void>();
const announce = () => {
  for (const listener of listeners) listener();
};

function listen(listener: () => void): () => void {
  if (listeners.size === 0) addEventListener('popstate', announce);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) removeEventListener('popstate', announce);
  };
}

/** Goes to an address of this site without leaving the page; a string starting with `?` keeps the path. */
export function navigate(to: string, { replace = false }: How = {}): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  announce();
}

/** The path of the address, as it changes; a slash at its end means nothing. */
export const usePath = (): string => useSyncExternalStore(listen, () => location.pathname.replace(/(?<=.)\/+$/, ''));

type Search = URLSearchParams | Record<string, string>;

/** What stands after the `?`, and a way to change it that keeps the path. */
export function useSearchParams(): [URLSearchParams, (next: Search | ((before: URLSearchParams) => Search), how?: How) => void] {
  const search = useSyncExternalStore(listen, () => location.search);
  const params = useMemo(() => new URLSearchParams(search), [search]);
  const change = useCallback((next: Search | ((before: URLSearchParams) => Search), how?: How) => {
    const wanted = new URLSearchParams(typeof next === 'function' ? next(new URLSearchParams(location.search)) : next).toString();
    navigate(wanted === '' ? location.pathname : `?${wanted}`, how);
  }, []);
  return [params, change];
}

/** A link within the client. Whatever asks for another tab or window stays the browser's business. */
export function Link({ href, onClick, children, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const go = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.altKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    navigate(href);
  };
  return (
    <a href={href} onClick={go} {...rest}>
      {children}
    </a>
  );
}

/** The path and query to come back to after sign-in; only paths of this site are accepted. */
export function safeReturnPath(next: string | null): string {
  if (!next || !next.startsWith('/') || next.startsWith('//') || next.startsWith('/\\') || next.startsWith('/login')) return '/';
  return next;
}

export function loginPath(from: string): string {
  const next = safeReturnPath(from);
  return next === '/' ? '/login' : `/login?next=${encodeURIComponent(next)}`;
}
