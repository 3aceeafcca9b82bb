import { type ComponentProps, Suspense, useEffect, useRef } from 'react';
import { lazyPage } from '../lib/lazy-page';
import { useSearchParams } from '../lib/router';

const Loaded = lazyPage('editor', () => import('./lightbox'));

/** Nobody looks at a large picture at once: its code, the editor's included, comes when the page has come to rest. */
export function Lightbox(props: ComponentProps<typeof Loaded>) {
  return (
    <Suspense fallback={<div aria-hidden="true" className="fixed inset-0 z-50 bg-stage" />}>
      <Loaded {...props} />
    </Suspense>
  );
}

/** Fetches the lightbox's code while the browser has nothing better to do. */
export function usePreloadedLightbox(wanted: boolean): void {
  useEffect(() => {
    if (!wanted) return;
    const timer = setTimeout(() => Loaded.fetch(), 2_000);
    return () => clearTimeout(timer);
  }, [wanted]);
}

/** The lightbox is an address (`?poster=02&v=edit1`), so that it can be linked to and Back closes it. */
export function useLightbox() {
  const [params, setParams] = useSearchParams();
  const pushed = useRef(false);
  const poster = params.get('poster');
  const version = params.get('v');

  const show = (index: number, name: string, replace = false) => {
    if (!replace) pushed.current = true;
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        next.set('poster', String(index).padStart(2, '0'));
        next.set('v', name);
        return next;
      },
      { replace },
    );
  };
  const close = () => {
    if (pushed.current) {
      pushed.current = false;
      history.back();
      return;
    }
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        next.delete('poster');
        next.delete('v');
        return next;
      },
      { replace: true },
    );
  };
  return { index: poster === null ? undefined : Number(poster), version, show, close };
}
