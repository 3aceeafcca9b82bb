import type { ReactNode } from 'react';
import { useText, useTitle } from '../i18n';
import { type Draft, offeredOrNull, updateDraft } from '../lib/draft';
import { useStudio } from '../session';

interface Styled {
  code: string;
  titleZh: string;
  titleEn: string;
  sampleUrl: string;
}

type Field = 'visual' | 'typography' | 'layout' | 'format' | 'composition';

const choose = (field: Field, code: string | null) => updateDraft((before) => ({ ...before, [field]: code }));

/** Size, looks and who paints what, each to be chosen by eye. What is left on automatic is the server's choice. */
export default function StyleGallery({ draft }: { draft: Draft }) {
  const t = useText('generate');
  const words = t.looks;
  const title = useTitle();
  const { formats, visualStyles, typographyStyles, bilingualLayouts, compositions } = useStudio();
  const format = offeredOrNull(draft.format, formats) ?? formats[0]?.code;
  const composition = offeredOrNull(draft.composition, compositions) ?? compositions[0]?.code;
  return (
    <div className="grid gap-5 border-t border-line px-4 pt-4 pb-5">
      <fieldset>
        <legend className="label">{t.generate.format}</legend>
        <div className="grid grid-cols-3 gap-2">
          {formats.map((one) => (
            <label key={one.code} className="choice flex flex-col items-center gap-1.5 px-1 pt-3 pb-2 text-center text-sm leading-tight">
              <input type="radio" name="format" className="sr-only" checked={format === one.code} onChange={() => choose('format', one.code)} />
              <span aria-hidden="true" className="grid h-9 place-items-center">
                <span className="block border-2 border-current" style={{ aspectRatio: one.width / one.height, ...(one.width > one.height ? { width: '2.25rem' } : { height: '2.25rem' }) }} />
              </span>
              <span className="font-medium">{title(one)}</span>
              <span className="text-xs text-muted tabular-nums">
                {one.width}×{one.height}
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <Gallery field="visual" legend={t.generate.visual} styles={visualStyles} chosen={draft.visual} />
      <Gallery field="typography" legend={words.typography} styles={typographyStyles} chosen={draft.typography} />
      <Gallery field="layout" legend={words.layout} styles={bilingualLayouts} chosen={draft.layout} />
      {compositions.length > 1 && (
        <fieldset data-testid="compositions">
          <legend className="label">{words.composition}</legend>
          <div className="grid gap-2">
            {compositions.map((one, at) => (
              <label key={one.code} className="choice grid gap-0.5 px-3.5 py-2.5">
                <input type="radio" name="composition" className="sr-only" checked={composition === one.code} onChange={() => choose('composition', one.code)} />
                <span className="font-medium">
                  {title(one)}
                  {at === 0 && <span className="ml-2 text-sm font-normal text-muted">{words.defaultMark}</span>}
                </span>
                <span className="text-sm leading-snug text-muted">{words.compositionHints[one.code]}</span>
              </label>
            ))}
          </div>
        </fieldset>
      )}
    </div>
  );
}

/** A row of real samples to choose by eye; the first place leaves the choice to the server. */
function Gallery({ field, legend, styles, chosen }: { field: 'visual' | 'typography' | 'layout'; legend: string; styles: readonly Styled[]; chosen: string | null }) {
  const words = useText('generate').looks;
  const title = useTitle();
  const current = offeredOrNull(chosen, styles);
  return (
    <fieldset className="min-w-0">
      <legend className="label">{legend}</legend>
      <div className="-mx-4 flex snap-x scroll-px-4 gap-2 overflow-x-auto px-4 py-1">
        <Sample field={field} name={words.auto} checked={current === null} onChoose={() => choose(field, null)}>
          <span className="grid aspect-3/4 place-items-center bg-sunken px-1 text-center text-xs text-muted">{words.autoHint}</span>
        </Sample>
        {styles.map((style) => (
          <Sample key={style.code} field={field} name={title(style)} checked={current === style.code} onChoose={() => choose(field, style.code)}>
            <img src={style.sampleUrl} alt="" width="360" height="480" loading="lazy" decoding="async" className="aspect-3/4 w-full bg-sunken object-cover" />
          </Sample>
        ))}
      </div>
    </fieldset>
  );
}

function Sample({ field, name, checked, onChoose, children }: { field: string; name: string; checked: boolean; onChoose: () => void; children: ReactNode }) {
  return (
    <label className="choice w-24 shrink-0 snap-start overflow-hidden">
      <input type="radio" name={field} className="sr-only" checked={checked} onChange={onChoose} />
      {children}
      <span className="block px-1 py-1.5 text-center text-xs leading-tight font-medium">{name}</span>
    </label>
  );
}
