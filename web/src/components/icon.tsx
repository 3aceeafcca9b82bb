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
  brush: 'M20 4c-3 1-8 5-10.5 9L11 14.5c4-2.5 8-7.5 9-10.5ZM8.5 14.5c-2 0-3 1.5-3 3 0 1.2-.8 2-2 2.3 3.5.7 6.5-.3 6.5-3.3 0-1-.5-2-1.5-2Z',
  eraser: 'M9 19h11M5.5 13.5 13 6a1.5 1.5 0 0 1 2 0l4 4a1.5 1.5 0 0 1 0 2l-7 7H9l-3.5-3.5a1.5 1.5 0 0 1 0-2Zm4-4 6 6',
  rectangle: 'M5 5h3M11 5h3M17 5h2v2M19 10v4M19 17v2h-2M14 19h-3M8 19H5v-2M5 14v-4M5 7V5',
  lasso: 'M12 5c4.5 0 8 2 8 5s-3.5 5-8 5-8-2-8-5 3.5-5 8-5ZM7 14.5c-1 1-1 2.5.5 3 1.5.4 2 1.5 1 2.5',
  undo: 'M4 10h10a5 5 0 0 1 0 10h-3M4 10l4-4m-4 4 4 4',
  redo: 'M20 10H10a5 5 0 0 0 0 10h3m7-10-4-4m4 4-4 4',
  invert: 'M12 4a8 8 0 1 0 0 16V4Zm0 0a8 8 0 0 1 0 16',
  minus: 'M5 12h14',
  fit: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  compare: 'M12 3v18M4 6h5M4 18h5M4 6v12m11-12h5v12h-5',
  external: 'M13 5h6v6m0-6-9 9M9 5H5v14h14v-4',
} as const;

export type IconName = keyof typeof paths;

/** Decoration beside words, never instead of them: always hidden from assistive technology. */
export function Icon({ name, className = 'size-5' }: { name: IconName; className?: string }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" className={`shrink-0 ${className}`}>
      <path d={paths[name]} />
    </svg>
  );
}

export function Mark({ className = 'size-8' }: { className?: string }) {
  return <img src="/favicon.svg" alt="" width="32" height="32" className={className} />;
}
