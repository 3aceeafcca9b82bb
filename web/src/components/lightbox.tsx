import { useEffect, useRef } from 'react';
import type { PosterFieldsFragment, RevisionFieldsFragment } from '../gql/graphql';
import { useFormats, useText, useTitle } from '../i18n';
import { useSearchParams } from '../lib/router';
import { Dialog } from './dialog';
import { Icon } from './icon';

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

interface LightboxProps {
  posters: readonly PosterFieldsFragment[];
  index: number;
  version: string | null;
  onShow: (index: number, name: string) => void;
  onClose: () => void;
}

/** One poster at full size, with its versions and what is known about them. */
export function Lightbox({ posters, index, version, onShow, onClose }: LightboxProps) {
  const t = useText();
  const title = useTitle();
  const withPictures = posters.filter((poster) => poster.revisions.length > 0);
  const at = withPictures.findIndex((poster) => poster.index === index);
  const poster = withPictures[at];
  const revision = poster?.revisions.find((one) => one.name === version) ?? poster?.revisions[0];
  if (!poster || !revision) return null;

  const name = `${poster.dimension.number} ${title(poster.dimension)}`;
  const previous = withPictures[at - 1];
  const next = withPictures[at + 1];
  const go = (target: PosterFieldsFragment | undefined) => {
    const first = target?.revisions[0];
    if (target && first) onShow(target.index, first.name);
  };
  const step = (by: number) => {
    const target = poster.revisions[poster.revisions.indexOf(revision) + by];
    if (target) onShow(poster.index, target.name);
    else go(by < 0 ? previous : next);
  };

  return (
    <Dialog label={t.lightbox.label(name)} onClose={onClose} className="h-dvh max-h-none w-screen max-w-none bg-[#12100e]!">
      <Keys onStep={step} />
      <div className="grid h-full grid-rows-[minmax(0,1fr)_auto] lg:grid-cols-[minmax(0,1fr)_22rem] lg:grid-rows-1">
        <div className="relative min-h-0 p-3 sm:p-6">
          <img
            key={revision.id}
            src={revision.url}
            width={revision.width}
            height={revision.height}
            alt={`${name} ${revision.name}`}
            className="fade-in size-full object-contain"
          />
          <StageButton icon="left" label={t.lightbox.previousPoster} side="left-2" hidden={!previous} onClick={() => go(previous)} />
          <StageButton icon="right" label={t.lightbox.nextPoster} side="right-2" hidden={!next} onClick={() => go(next)} />
        </div>
        <Panel name={name} poster={poster} revision={revision} onShow={onShow} onClose={onClose} />
      </div>
    </Dialog>
  );
}

function Keys({ onStep }: { onStep: (by: number) => void }) {
  const latest = useRef(onStep);
  useEffect(() => {
    latest.current = onStep;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement || event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === 'ArrowLeft') latest.current(-1);
      if (event.key === 'ArrowRight') latest.current(1);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return null;
}

function StageButton({ icon, label, side, hidden, onClick }: { icon: 'left' | 'right'; label: string; side: string; hidden: boolean; onClick: () => void }) {
  return (
    <button
      type="button"
      aria-label={label}
      onClick={onClick}
      className={`absolute top-1/2 ${side} grid size-12 -translate-y-1/2 place-items-center rounded-full bg-black/60 text-white hover:bg-black/80 ${hidden ? 'invisible' : ''}`}
    >
      <Icon name={icon} />
    </button>
  );
}

function Panel({
  name,
  poster,
  revision,
  onShow,
  onClose,
}: {
  name: string;
  poster: PosterFieldsFragment;
  revision: RevisionFieldsFragment;
  onShow: LightboxProps['onShow'];
  onClose: () => void;
}) {
  const t = useText();
  const formats = useFormats();
  return (
    <div className="flex max-h-[45dvh] flex-col gap-4 overflow-y-auto bg-surface p-5 lg:max-h-none lg:p-6">
      <div className="flex items-start gap-3">
        <h2 className="text-lg font-bold">{name}</h2>
        <button type="button" className="btn btn-quiet -mt-1.5 -mr-2 ml-auto" aria-label={t.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      {poster.revisions.length > 1 && (
        <fieldset>
          <legend className="label">{t.lightbox.version}</legend>
          <div className="flex flex-wrap gap-2">
            {poster.revisions.map((one) => (
              <label
                key={one.id}
                className="flex min-h-11 items-center rounded-lg border border-control px-3 text-sm font-medium has-checked:border-accent has-checked:bg-accent-soft has-checked:text-accent has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
              >
                <input type="radio" name="lightbox-version" className="sr-only" checked={one.id === revision.id} onChange={() => onShow(poster.index, one.name)} />
                {one.name}
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        <Fact term={t.lightbox.version} text={revision.name} />
        <Fact term={t.lightbox.size} text={`${revision.width} × ${revision.height}`} />
        <Fact term={t.lightbox.bytes} text={formats.bytes(revision.byteSize)} />
        <Fact term={t.lightbox.created} text={formats.dateTime(revision.createdAt)} />
        {revision.prompt && <Fact term={t.lightbox.prompt} text={revision.prompt} />}
      </dl>
      <a className="btn btn-primary mt-auto" href={revision.url} download={revision.fileName}>
        <Icon name="download" />
        {t.lightbox.download}
      </a>
    </div>
  );
}

function Fact({ term, text }: { term: string; text: string }) {
  return (
    <>
      <dt className="text-muted">{term}</dt>
      <dd className="tabular-nums">{text}</dd>
    </>
  );
}
