import { type ReactNode, useEffect, useRef } from 'react';
import { useText } from '../i18n';

let firstPage = true;

/** The one `h1` of a page. Takes the focus on navigation, so that a screen reader says where it has come to. */
export function Title({ children, documentTitle, className = '' }: { children: ReactNode; documentTitle: string; className?: string }) {
  const t = useText();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (firstPage) {
      firstPage = false;
      return;
    }
    heading.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    document.title = `${documentTitle} · ${t.name}`;
  }, [documentTitle, t]);
  return (
    <h1 ref={heading} tabIndex={-1} className={`display text-2xl sm:text-3xl ${className}`}>
      {children}
    </h1>
  );
}

export function PageSkeleton() {
  const t = useText();
  return (
    <div aria-busy="true" className="grid gap-4">
      <h1 className="sr-only">{t.loading}</h1>
      <div className="skeleton h-8 w-40" />
      <div className="skeleton h-64" />
    </div>
  );
}
