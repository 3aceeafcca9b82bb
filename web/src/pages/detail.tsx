import { useRef, useState } from 'react';
import { problemOf } from '../api/errors';
import { useGeneration } from '../api/use-generation';
import { useAspectRatio } from '../components/aspect-ratio';
import { PosterExports, SetExports } from '../components/exports';
import { EmptyState, ErrorNotice } from '../components/feedback';
import { Icon } from '../components/icon';
import { Lightbox, useLightbox } from '../components/lightbox-lazy';
import { PageSkeleton, Title } from '../components/page';
import { PictureNotes } from '../components/picture-notes';
import { FreeMark } from '../components/free-mark';
import { RenameDialog, useRemove } from '../components/rename-delete';
import type { PosterFieldsFragment } from '../gql/graphql';
import { useFormats, useText, useTitle } from '../i18n';
import { Link, navigate } from '../lib/router';
import { placeholder } from '../lib/placeholder';
import { stepTo } from '../lib/versions';

export default function Detail({ id }: { id: string }) {
  const t = useText('detail');
  const formats = useFormats();
  const { generation, error, refresh } = useGeneration(id);
  const lightbox = useLightbox();
  const remove = useRemove();
  const [renaming, setRenaming] = useState(false);

  if (!generation) {
    // An address that is none and a work that is not there are one thing to whoever followed a link.
    if (generation === null || (error && problemOf(error, t).code === 'INVALID_ID')) {
      return (
        <>
          <Title documentTitle={t.detail.gone} className="mb-6">
            {t.detail.gone}
          </Title>
          <EmptyState title={t.detail.goneText}>
            <Link href="/history" className="btn btn-primary mt-2">
              {t.history.title}
            </Link>
          </EmptyState>
        </>
      );
    }
    if (!error) return <PageSkeleton />;
    return (
      <>
        <Title documentTitle={t.errors.pageFailed} className="mb-6">
          {t.errors.pageFailed}
        </Title>
        <ErrorNotice error={error} onRetry={refresh} />
      </>
    );
  }

  const name = generation.productName ?? t.history.unnamed;
  const anyPicture = generation.posters.some((poster) => poster.revisions.length > 0);
  return (
    <>
      <Link href="/history" className="btn btn-quiet -ml-3">
        <Icon name="back" />
        {t.back}
      </Link>
      <div className="mt-1 mb-8 flex flex-wrap items-start gap-x-4 gap-y-3">
        <div className="min-w-0">
          <Title documentTitle={name}>{name}</Title>
          <p className="text-sm text-muted">{formats.dateTime(generation.createdAt)}</p>
        </div>
        <div className="flex flex-wrap gap-2 sm:ml-auto">
          <button type="button" className="btn btn-plain btn-small" onClick={() => setRenaming(true)}>
            <Icon name="pen" className="size-4" />
            {t.history.rename}
          </button>
          <button type="button" className="btn btn-plain btn-small" onClick={() => {
              remove(generation);
              navigate('/history');
            }}>
            <Icon name="trash" className="size-4" />
            {t.history.remove}
          </button>
          {anyPicture && (
            <a className="btn btn-primary btn-small" href={`/files/${generation.id}/archive.zip`} download>
              <Icon name="download" className="size-4" />
              {t.downloadAll}
            </a>
          )}
        </div>
      </div>
      {anyPicture && generation.finishedAt && <SetExports id={generation.id} />}
      <details className="card mb-8 px-5 py-3">
        <summary className="min-h-8 font-semibold">{t.detail.description}</summary>
        <p className="mt-2 max-w-prose whitespace-pre-wrap text-muted">{generation.description}</p>
      </details>
      <div className="grid gap-8">
        {generation.posters.map((poster) => (
          <Row key={poster.id} poster={poster} format={generation.format} onOpen={(version) => lightbox.show(poster.index, version)} />
        ))}
      </div>
      {lightbox.index !== undefined && (
        <Lightbox
          posters={generation.posters}
          index={lightbox.index}
          version={lightbox.version}
          onShow={(index, version) => lightbox.show(index, version, true)}
          onClose={lightbox.close}
        />
      )}
      {renaming && <RenameDialog generation={generation} onClose={() => setRenaming(false)} />}
    </>
  );
}

/** One dimension: its versions, one of them large. */
function Row({ poster, format, onOpen }: { poster: PosterFieldsFragment; format: string; onOpen: (version: string) => void }) {
  const t = useText('detail');
  const title = useTitle();
  const aspectRatio = useAspectRatio(format);
  const [selected, setSelected] = useState(0);
  const previousArrow = useRef<HTMLButtonElement>(null);
  const nextArrow = useRef<HTMLButtonElement>(null);
  const { revisions } = poster;
  const at = Math.min(selected, Math.max(0, revisions.length - 1));
  const revision = revisions[at];
  const name = `${poster.dimension.number} ${title(poster.dimension)}`;
  const single = revisions.length < 2;
  const heading = `row-${poster.index}`;

  const go = (to: number) => {
    const target = stepTo(to, revisions.length);
    setSelected(target);
    // The arrow that was pressed may be about to vanish; the focus must not vanish with it.
    if (target === 0 && document.activeElement === previousArrow.current) nextArrow.current?.focus();
    if (target === revisions.length - 1 && document.activeElement === nextArrow.current) previousArrow.current?.focus();
  };

  return (
    <section aria-labelledby={heading} data-testid="row">
      <div className="mb-3 flex items-baseline gap-4">
        <h2 id={heading} className="display flex items-baseline gap-2.5 text-xl">
          <span className="numeral">{poster.dimension.number}</span> {title(poster.dimension)}
        </h2>
        {revision && <span className="ml-auto text-sm text-muted tabular-nums">{t.detail.current(at + 1, revisions.length)}</span>}
      </div>
      <div className="card p-4 sm:p-6">
        {revision ? (
          <div className={`grid grid-cols-[minmax(0,1fr)] items-center gap-6 ${single ? '' : 'sm:grid-cols-[minmax(0,1fr)_8rem]'}`}>
            <div>
              <div className="flex items-center justify-center gap-3 sm:gap-6">
                <Arrow ref={previousArrow} icon="left" label={t.detail.previous} absent={single} hidden={at === 0} onClick={() => go(at - 1)} />
                <button
                  type="button"
                  className="sheet relative block max-w-full min-w-0"
                  style={{ aspectRatio, width: `${Math.round(70 * aspectRatio)}dvh`, ...placeholder(revision.thumbhash) }}
                  aria-label={t.poster.open(`${name} ${revision.name}`)}
                  onClick={() => onOpen(revision.name)}
                >
                  <img
                    key={revision.id}
                    src={revision.largeUrl}
                    srcSet={`${revision.smallUrl} 540w, ${revision.largeUrl} 1080w`}
                    sizes="(min-width: 40rem) 24rem, 80vw"
                    width={revision.width}
                    height={revision.height}
                    alt={`${name} ${revision.name}`}
                    loading="lazy"
                    decoding="async"
                    className="fade-in size-full object-contain"
                  />
                  {poster.state === 'REFUNDED' && revision.kind === 'PRIME' && <FreeMark />}
                </button>
                <Arrow ref={nextArrow} icon="right" label={t.detail.next} absent={single} hidden={at === revisions.length - 1} onClick={() => go(at + 1)} />
              </div>
              {!single && <Dots poster={poster} at={at} onSelect={go} />}
              {poster.state === 'REFUNDED' && revision.kind === 'PRIME' && <p className="mt-3 text-center text-sm text-muted">{t.poster.freeText}</p>}
              <PictureNotes notes={revision.notes} />
            </div>
            {!single && <Thumbnails revisions={revisions} at={at} onSelect={go} />}
            {poster.state === 'SUCCEEDED' && (
              <div className="sm:col-span-full">
                <PosterExports posterId={poster.id} revision={revision.name} />
              </div>
            )}
          </div>
        ) : (
          <NoPicture poster={poster} />
        )}
      </div>
    </section>
  );
}

function Thumbnails({ revisions, at, onSelect }: { revisions: PosterFieldsFragment['revisions']; at: number; onSelect: (index: number) => void }) {
  const t = useText('detail');
  return (
    <ul aria-label={t.detail.versions} className="flex gap-3 overflow-x-auto p-1 sm:max-h-[70dvh] sm:flex-col sm:overflow-y-auto">
      {revisions.map((one, index) => (
        <li key={one.id} className="shrink-0">
          <button
            type="button"
            className={`block w-18 overflow-hidden rounded-lg border-2 sm:w-28 ${index === at ? 'border-accent' : 'border-line hover:border-control'}`}
            aria-label={t.detail.thumbnail(one.name)}
            aria-pressed={index === at}
            onClick={() => onSelect(index)}
          >
            <img src={one.thumbUrl} width={one.width} height={one.height} alt="" loading="lazy" decoding="async" className="w-full" />
            <span className="block py-0.5 text-xs">{one.name}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function NoPicture({ poster }: { poster: PosterFieldsFragment }) {
  const t = useText('detail');
  return (
    <p className="flex min-h-24 flex-wrap items-center justify-center gap-2 text-center text-muted">
      <Icon name={poster.state === 'REFUNDED' ? 'alert' : poster.state === 'CANCELED' ? 'stop' : 'clock'} />
      {t.poster.states[poster.state]}
      {poster.failure && <span>· {t.poster.failures[poster.failure.code]}</span>}
      {(poster.state === 'REFUNDED' || poster.state === 'CANCELED') && <span>· {t.poster.released(poster.creditsReleased)}</span>}
    </p>
  );
}

interface ArrowProps {
  ref: React.Ref<HTMLButtonElement>;
  icon: 'left' | 'right';
  label: string;
  absent: boolean;
  hidden: boolean;
  onClick: () => void;
}

/** Hidden at its end of the row, not removed: nothing moves. With a single version there is none at all. */
function Arrow({ ref, icon, label, absent, hidden, onClick }: ArrowProps) {
  if (absent) return null;
  return (
    <button ref={ref} type="button" aria-label={label} onClick={onClick} className={`btn btn-plain size-11 shrink-0 rounded-full! p-0! ${hidden ? 'invisible' : ''}`}>
      <Icon name={icon} />
    </button>
  );
}

function Dots({ poster, at, onSelect }: { poster: PosterFieldsFragment; at: number; onSelect: (index: number) => void }) {
  const t = useText('detail');
  return (
    <fieldset className="mt-4 overflow-x-auto">
      <legend className="sr-only">{t.detail.versions}</legend>
      <div className="mx-auto flex w-max">
        {poster.revisions.map((revision, index) => (
          <label
            key={revision.id}
            className="group flex min-h-11 min-w-16 flex-col items-center gap-1 px-2 text-xs text-muted has-checked:font-semibold has-checked:text-ink has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input type="radio" className="peer sr-only" name={`version-${poster.index}`} checked={index === at} onChange={() => onSelect(index)} />
            <span aria-hidden="true" className="mt-1.5 size-3 rounded-full border-2 border-control peer-checked:border-accent peer-checked:bg-accent" />
            {revision.name}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
