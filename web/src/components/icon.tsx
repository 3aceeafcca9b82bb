const paths = {
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  left: 'M15 5l-7 7 7 7',
  right: 'M9 5l7 7-7 7',
  back: 'M19 12H5m6-6-6 6 6 6',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  clock: 'M12 7v5l3.5 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  spark: 'M12 4v3m0 10v3m8-8h-3M7 12H4m13.7-5.7-2.1 2.1M8.4 15.6l-2.1 2.1m11.4 0-2.1-2.1M8.4 8.4 6.3 6.3',
  info: 'M12 11v5m0-8.2v.1M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  alert: 'M12 8v5m0 3.2v.1M12 3 2.5 20h19L12 3Z',
  stop: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm-6.4 2.6 12.8 12.8',
  download: 'M12 4v11m-5-4.5 5 5 5-5M5 20h14',
  trash: 'M5 7h14M10 7V4h4v3m3 0-1 13H8L7 7m3.5 4v5m3-5v5',
  pen: 'M4 20l1-4.5L16.5 4 20 7.5 8.5 19 4 20Z',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm5 11.5L20 20',
  image: 'M4 5h16v14H4V5Zm0 11 5-5 4 4 2.5-2.5L20 17M15.5 9.2v.1',
  create: 'M12 5v14M5 12h14',
  history: 'M4 5h7v14H4V5Zm9 0h7v6h-7V5Zm0 8h7v6h-7v-6Z',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 8c.6-3.6 3.6-5.5 8-5.5s7.4 1.9 8 5.5',
  coin: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Zm0 5.5 3.5 3.5-3.5 3.5L8.5 12 12 8.5Z',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8Zm0-5v2m0 14v2m9-9h-2M5 12H3m15.4-6.4L17 7M7 17l-1.4 1.4m12.8 0L17 17M7 7 5.6 5.6',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z',
  screen: 'M3 5h18v11H3V5Zm6 15h6m-3-4v4',
  external: 'M13 5h6v6m0-6-9 9M9 5H5v14h14v-4',
} as const;

export type IconName = keyof typeof paths;

/** Decoration beside words, never instead of them: always hidden from assistive technology. */
export function Icon({ name, className }: { name: IconName; className?: string | undefined }) {
  return <Drawn path={paths[name]} className={className} />;
}

/** The same for whoever brings an icon of its own. */
export function Drawn({ path, className = 'size-5' }: { path: string; className?: string | undefined }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" className={`shrink-0 ${className}`}>
      <path d={path} />
    </svg>
  );
}

export function Mark({ className = 'size-8' }: { className?: string }) {
  return <img src="/favicon.svg" alt="" width="32" height="32" className={className} />;
}
