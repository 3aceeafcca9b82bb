import { Suspense, lazy, useState } from 'react';
import { useText, useTitle } from '../i18n';
import { type Draft, offeredOrNull } from '../lib/draft';
import { useStudio } from '../session';

export const loadGallery = () => import('./style-gallery');
const StyleGallery = lazy(loadGallery);

/** What has been chosen for size and look in one line, and the choices behind it. */
export function Options({ draft }: { draft: Draft }) {
  const t = useText('generate');
  const title = useTitle();
  const { formats, visualStyles } = useStudio();
  const [open, setOpen] = useState(draft.visual !== null || draft.composition !== null);
  const format = offeredOrNull(draft.format, formats) ?? formats[0]?.code;
  const visual = visualStyles.find((one) => one.code === draft.visual);
  const size = formats.find((one) => one.code === format);
  return (
    <details className="card group/options" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="flex min-h-11 items-center gap-2 px-4 py-2 font-semibold">
        {t.generate.options}
        <span className="ml-auto truncate text-sm font-normal text-muted">{[size && title(size), visual ? title(visual) : t.looks.auto].filter(Boolean).join(' · ')}</span>
      </summary>
      {open && (
        <Suspense fallback={<div aria-busy="true" className="skeleton m-4 h-96" />}>
          <StyleGallery draft={draft} />
        </Suspense>
      )}
    </details>
  );
}
