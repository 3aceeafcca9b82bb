import { type FormEvent, Suspense, lazy, useState } from 'react';
import { useText, useTitle, wordsOf } from '../i18n';
import { type Draft, chosenDimensions, keepFirst, offeredOrNull, updateDraft, withDimension } from '../lib/draft';
import { costOf } from '../lib/money';
import { Link } from '../lib/router';
import { useStudio, useViewer } from '../session';
import { PhotoPicker } from './photo-picker';
import { Options } from './style-options';

/** Puts one of the examples into the form. */
async function begin(at: number): Promise<void> {
  const { examples } = await wordsOf('examples').catch(() => ({ examples: [] }));
  const description = examples[at];
  if (description !== undefined) updateDraft((before) => ({ ...before, description }));
}

const AdvertisingHint = lazy(() => import('./advertising-hint'));

export interface Order extends Pick<Draft, 'description' | 'format' | 'visual' | 'typography' | 'layout' | 'composition'> {
  photoIds: string[];
  dimensions: number[];
}

interface FormProps {
  draft: Draft;
  /** How far the running task is, when there is one: the form then only prepares the next. */
  running: { settled: number; total: number } | undefined;
  submitting: boolean;
  onSubmit: (order: Order) => void;
}

export function GenerateForm({ draft, running, submitting, onSubmit }: FormProps) {
  const t = useText('generate');
  const { wallet } = useViewer();
  const studio = useStudio();
  const { dimensions, creditsPerPoster, limits } = studio;
  const words = useText('generate').looks;
  const [uploading, setUploading] = useState(false);
  const chosen = chosenDimensions(draft, dimensions);
  const cost = costOf(chosen.length, creditsPerPoster, wallet.credits);
  const length = [...draft.description].length;
  const blocker = uploading
    ? t.generate.preparing
    : draft.photos.length === 0
      ? t.generate.needPhoto
      : draft.description.trim() === '' || length > limits.descriptionCharsMax
        ? t.generate.needDescription
        : undefined;
  const short = cost.posters > 0 && cost.missing > 0;
  const ready = !running && !submitting && !short && cost.posters > 0 && blocker === undefined;

  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (!ready) return;
    onSubmit({
      photoIds: draft.photos.map((photo) => photo.id),
      description: draft.description.trim(),
      dimensions: chosen,
      format: offeredOrNull(draft.format, studio.formats),
      visual: offeredOrNull(draft.visual, studio.visualStyles),
      typography: offeredOrNull(draft.typography, studio.typographyStyles),
      layout: offeredOrNull(draft.layout, studio.bilingualLayouts),
      composition: offeredOrNull(draft.composition, studio.compositions),
    });
  };

  return (
    <form className="grid gap-6" onSubmit={submit}>
      <PhotoPicker photos={draft.photos} onBusy={setUploading} />
      <div>
        <div className="flex items-baseline">
          <label className="label" htmlFor="description">
            {t.generate.description}
          </label>
          <span className={`ml-auto text-sm tabular-nums ${length > limits.descriptionCharsMax ? 'font-semibold text-bad' : 'text-muted'}`}>
            {t.ofMax(length, limits.descriptionCharsMax)}
          </span>
        </div>
        <textarea
          id="description"
          rows={5}
          className="field resize-y"
          value={draft.description}
          aria-describedby="description-hint"
          aria-invalid={length > limits.descriptionCharsMax}
          onChange={(event) => updateDraft((before) => ({ ...before, description: event.target.value }))}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
          }}
        />
        <p id="description-hint" className="mt-1 text-sm text-muted">
          {t.generate.descriptionHint}
        </p>
        {draft.description === '' && (
          <ul aria-label={words.examplesLabel} className="mt-2 flex flex-wrap gap-2">
            {words.examples.map((name, at) => (
              <li key={name}>
                <button type="button" className="chip" onClick={() => void begin(at)}>
                  {name}
                </button>
              </li>
            ))}
          </ul>
        )}
        {draft.description !== '' && (
          <Suspense fallback={null}>
            <AdvertisingHint description={draft.description} />
          </Suspense>
        )}
      </div>
      <Options draft={draft} />
      <DimensionPicker chosen={chosen} />
      <div className="sticky bottom-14 z-10 -mx-4 grid gap-3 border-t border-line bg-canvas px-4 py-4 sm:bottom-0 sm:mx-0 sm:rounded-b-2xl sm:px-0">
        <dl aria-live="polite" className="grid grid-cols-[1fr_auto] gap-y-0.5 text-sm tabular-nums">
          <dt className="text-muted">{t.generate.costLabel}</dt>
          <dd className="text-right font-semibold">{t.generate.cost(cost.posters, creditsPerPoster, cost.credits)}</dd>
          <dt className="text-muted">{t.generate.after}</dt>
          <dd className="text-right">{t.credits(Math.max(0, cost.after))}</dd>
        </dl>
        {short && !running ? (
          <>
            <Link href="/me?from=draft" className="btn btn-primary">
              {t.generate.missing(cost.missing)} · {t.generate.recharge}
            </Link>
            {cost.affordable > 0 && (
              <button type="button" className="btn btn-plain" onClick={() => updateDraft((before) => keepFirst(before, dimensions, cost.affordable))}>
                {t.generate.only(cost.affordable)}
              </button>
            )}
          </>
        ) : (
          <button type="submit" className="btn btn-primary" disabled={!ready} data-testid="generate">
            {running
              ? t.generate.busy(running.settled, running.total)
              : submitting
                ? t.generate.submitting
                : cost.posters === 0
                  ? t.generate.chooseOne
                  : (blocker ?? t.generate.submit(cost.posters, cost.credits))}
          </button>
        )}
      </div>
    </form>
  );
}

const chooseAll = () => updateDraft((before) => ({ ...before, skipped: [] }));

function DimensionPicker({ chosen }: { chosen: readonly number[] }) {
  const t = useText('generate');
  const title = useTitle();
  const { dimensions } = useStudio();
  const none = () => updateDraft((before) => keepFirst(before, dimensions, 0));
  return (
    <fieldset>
      <legend className="label">{t.generate.choose}</legend>
      <div className="mb-2 flex items-center gap-1">
        <span className="text-sm text-muted tabular-nums">
          {t.generate.chosen(chosen.length, dimensions.length)}
        </span>
        <button type="button" className="btn btn-quiet btn-small ml-auto" onClick={chooseAll}>
          {t.generate.all}
        </button>
        <button type="button" className="btn btn-quiet btn-small" onClick={none}>
          {t.generate.none}
        </button>
      </div>
      <ul className="divide-y divide-line border-y border-line sm:grid sm:grid-cols-2 sm:gap-x-6 lg:block">
        {dimensions.map((dimension) => (
          <li key={dimension.index}>
            <label className="group flex min-h-12 items-center gap-3 py-2 pr-1 text-muted hover:bg-sunken has-checked:text-ink has-focus-visible:outline-2 has-focus-visible:outline-accent">
              <span aria-hidden="true" className="numeral w-8 shrink-0 text-right text-lg text-muted group-has-checked:text-accent">
                {dimension.number}
              </span>
              <span className="min-w-0 flex-1">
                <span className="sr-only">{dimension.number} </span>
                <span className="leading-snug font-medium">{title(dimension)}</span>
                <span id={`purpose-${dimension.index}`} className="block text-sm leading-snug text-muted">
                  {title({ titleZh: dimension.purposeZh, titleEn: dimension.purposeEn })}
                </span>
              </span>
              <input
                type="checkbox"
                className="size-4.5 shrink-0 accent-accent"
                name="dimension"
                value={dimension.index}
                checked={chosen.includes(dimension.index)}
                aria-describedby={`purpose-${dimension.index}`}
                onChange={(event) => updateDraft((before) => withDimension(before, dimension.index, event.target.checked))}
              />
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}
