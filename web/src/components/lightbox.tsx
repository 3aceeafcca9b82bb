import { useEffect, useEffectEvent, useMemo, useState } from 'react';
import { useClient, useMutation } from 'urql';
import { problemOf, refusalText } from '../api/errors';
import { GenerationDocument, type PosterFieldsFragment, RestoreRevisionDocument, type RevisionFieldsFragment, SetCoverDocument } from '../gql/graphql';
import { useText, useTitle } from '../i18n';
import { updateEdit, useEditDraft } from '../lib/edit-draft';
import { useShelvedEdit } from '../lib/edit-shelf';
import { generationOf } from '../lib/ids';
import { coverage, redo, undo } from '../lib/mask';
import { type View, fitted, zoomedAt } from '../lib/viewport';
import { Dialog } from './dialog';
import { CopyForm } from './editor/copy-form';
import { EditForm, Facts, WayChoice } from './editor/panel';
import { ReadyMasks } from './editor/ready-masks';
import { Stage } from './editor/stage';
import { BrushTools, PaintTools, type Painting, StageTool, ToolRow, firstPainting, resized } from './editor/tools';
import { useEdit } from './editor/use-edit';
import { toast } from './feedback';
import { Icon } from './icon';

export interface LightboxProps {
  posters: readonly PosterFieldsFragment[];
  index: number;
  version: string | null;
  onShow: (index: number, name: string) => void;
  onClose: () => void;
}

/** One poster at full size: to look at, to compare, and to have changed. */
export default function Lightbox({ posters, index, version, onShow, onClose }: LightboxProps) {
  const withPictures = posters.filter((poster) => poster.revisions.length > 0);
  const at = withPictures.findIndex((poster) => poster.index === index);
  const poster = withPictures[at];
  const revision = poster?.revisions.find((one) => one.name === version) ?? poster?.revisions[0];
  if (!poster || !revision) return null;
  return <Open key={poster.id} posters={withPictures} poster={poster} revision={revision} onShow={onShow} onClose={onClose} />;
}

interface OpenProps extends Pick<LightboxProps, 'posters' | 'onShow' | 'onClose'> {
  poster: PosterFieldsFragment;
  revision: RevisionFieldsFragment;
}

function Open({ posters, poster, revision, onShow, onClose }: OpenProps) {
  const t = useText('editor');
  const words = useText('editor').editor;
  const title = useTitle();
  const draft = useEditDraft(poster.id);
  useShelvedEdit(poster.id, draft);
  const [painting, setPainting] = useState<Painting>(firstPainting);
  const [view, setView] = useState<View>(fitted);
  const [compareAt, setCompareAt] = useState(50);
  const [comparing, setComparing] = useState(false);
  const [held, setHeld] = useState(false);
  const edit = useEdit(poster, revision, draft, (outcome) => {
    if (outcome.kind !== 'done' || outcome.revision === undefined) return;
    // Shown at once, beside what it was made from.
    updateEdit(poster.id, () => ({ prompt: '', sentMask: undefined }));
    setComparing(true);
    setCompareAt(50);
    setView(fitted);
    onShow(poster.index, outcome.revision);
  });

  const [, cover] = useMutation(SetCoverDocument);
  const [, restore] = useMutation(RestoreRevisionDocument);

  const name = `${poster.dimension.number} ${title(poster.dimension)}`;
  const at = posters.indexOf(poster);
  const previous = posters[at - 1];
  const next = posters[at + 1];
  const masked = draft.mode === 'MASKED';
  const base = poster.revisions.find((one) => one.id === revision.base?.id);
  const compares = base !== undefined && (comparing || held);
  const share = useMemo(() => (masked ? coverage(draft.mask.done, revision.width, revision.height) : 0), [masked, draft.mask.done, revision.width, revision.height]);

  const go = (target: PosterFieldsFragment | undefined) => {
    const first = target?.revisions[0];
    if (target && first) onShow(target.index, first.name);
  };
  const step = (by: number) => {
    const target = poster.revisions[poster.revisions.indexOf(revision) + by];
    if (target) onShow(poster.index, target.name);
    else go(by < 0 ? previous : next);
  };
  const setMode = (mode: typeof draft.mode) => {
    // Nobody can paint on two pictures at once.
    if (mode === 'MASKED') setComparing(false);
    updateEdit(poster.id, () => ({ mode }));
  };
  const onMask = (mask: typeof draft.mask) => updateEdit(poster.id, () => ({ mask }));
  const paint = (part: Partial<Painting>) => setPainting((before) => ({ ...before, ...part }));
  const zoom = (factor: number) => setView((before) => (before.scale * factor <= 1 ? fitted : zoomedAt(before, factor, 0, 0)));
  const client = useClient();
  // A picture with other words comes without an edit that anybody waits for: the set is asked for anew.
  const refresh = () => void client.query(GenerationDocument, { id: generationOf(poster.id) }, { requestPolicy: 'network-only' }).toPromise();
  async function setAsCover() {
    const { data, error } = await cover({ input: { revisionId: revision.id } });
    if (error) return toast(problemOf(error, t).text, true);
    if (data?.setCover.__typename === 'InvalidInput') return toast(refusalText(data.setCover, t), true);
    toast(words.covered);
  }
  async function goBackTo() {
    const { data, error } = await restore({ input: { revisionId: revision.id } });
    if (error) return toast(problemOf(error, t).text, true);
    if (data?.restoreRevision.__typename === 'InvalidInput') return toast(refusalText(data.restoreRevision, t), true);
    toast(words.restored);
  }
  const close = () => {
    if (draft.prompt.trim() !== '' && !edit.under && !edit.sending) toast(words.close);
    onClose();
  };

  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const typing = event.target instanceof HTMLTextAreaElement || (event.target instanceof HTMLInputElement && event.target.type !== 'radio');
    const key = event.key.toLowerCase();
    if (event.type === 'keyup') {
      if (key === 'c') setHeld(false);
      return;
    }
    if (typing || event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      if (key !== 'z' || !masked) return;
      event.preventDefault();
      onMask(event.shiftKey ? redo(draft.mask) : undo(draft.mask));
      return;
    }
    const radio = event.target instanceof HTMLInputElement;
    const actions: Record<string, () => void> = {
      b: () => paint({ tool: 'brush', erase: false }),
      e: () => paint({ erase: !painting.erase }),
      '[': () => paint({ size: resized(painting.size, 1 / 1.2) }),
      ']': () => paint({ size: resized(painting.size, 1.2) }),
      '0': () => setView(fitted),
      '+': () => zoom(1.5),
      '=': () => zoom(1.5),
      '-': () => zoom(1 / 1.5),
      c: () => setHeld(true),
      m: () => setMode(masked ? 'WHOLE_IMAGE' : 'MASKED'),
      ...(!radio && { arrowleft: () => step(-1), arrowright: () => step(1) }),
    };
    actions[key]?.();
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKey(event);
    document.addEventListener('keydown', listen);
    document.addEventListener('keyup', listen);
    return () => {
      document.removeEventListener('keydown', listen);
      document.removeEventListener('keyup', listen);
    };
  }, []);

  return (
    <Dialog label={t.lightbox.label(name)} onClose={close} className="h-dvh max-h-none w-screen max-w-none bg-stage!">
      <div className="grid h-full grid-cols-[minmax(0,1fr)] grid-rows-[minmax(0,56dvh)_minmax(0,1fr)] lg:grid-cols-[minmax(0,1fr)_23rem] lg:grid-rows-1">
        <div className="grid min-h-0 min-w-0 grid-cols-[minmax(0,1fr)] grid-rows-[minmax(0,1fr)_auto] gap-2 bg-stage p-2 text-stage-ink sm:p-4">
          <div className="relative min-h-0">
            <Stage
              revision={revision}
              alt={`${name} ${revision.name}`}
              compare={compares ? { base, at: held && !comparing ? 100 : compareAt } : undefined}
              painting={masked && !compares ? painting : undefined}
              mask={draft.mask}
              onMask={onMask}
              view={view}
              onView={setView}
              onSwipe={step}
              busy={edit.under !== undefined}
            />
            {compares && comparing && (
              <input
                type="range"
                aria-label={words.compareSlider}
                min={0}
                max={100}
                value={compareAt}
                className="absolute inset-x-6 bottom-3 accent-white"
                onChange={(event) => setCompareAt(Number(event.target.value))}
              />
            )}
            {!masked && (
              <>
                <StageButton icon="left" label={t.lightbox.previousPoster} side="left-0" hidden={!previous} onClick={() => go(previous)} />
                <StageButton icon="right" label={t.lightbox.nextPoster} side="right-0" hidden={!next} onClick={() => go(next)} />
              </>
            )}
          </div>
          <div className="flex flex-wrap items-center justify-center gap-1 sm:gap-2">
            {masked && !compares && (
              <>
                <PaintTools painting={painting} onPainting={paint} mask={draft.mask} onMask={onMask} />
                <BrushTools painting={painting} onPainting={paint} />
              </>
            )}
            <ToolRow label={words.viewTools}>
              <StageTool icon="minus" label={words.zoomOut} disabled={view.scale <= 1} onClick={() => zoom(1 / 1.5)} />
              <span className="w-10 text-center text-xs tabular-nums sm:w-12 sm:text-sm">{Math.round(view.scale * 100)}%</span>
              <StageTool icon="plus" label={words.zoomIn} onClick={() => zoom(1.5)} />
              <StageTool icon="fit" label={words.fit} disabled={view === fitted} onClick={() => setView(fitted)} />
              {base && <StageTool icon="compare" label={words.compare} pressed={comparing} onClick={() => setComparing((before) => !before)} />}
            </ToolRow>
          </div>
        </div>
        <div className="flex min-h-0 flex-col gap-4 overflow-y-auto bg-surface p-5 lg:p-6">
          <div className="flex items-start gap-3">
            <h2 className="display flex gap-2 text-lg">
              <span className="numeral">{poster.dimension.number}</span>
              {title(poster.dimension)}
            </h2>
            <button type="button" className="btn btn-quiet -mt-2 -mr-2 ml-auto" aria-label={t.close} onClick={close}>
              <Icon name="close" />
            </button>
          </div>
          {poster.revisions.length > 1 && (
            <fieldset>
              <legend className="label">{t.lightbox.version}</legend>
              <div className="flex flex-wrap gap-2">
                {poster.revisions.map((one) => (
                  <label key={one.id} className="choice flex min-h-11 items-center px-3 text-sm font-medium">
                    <input type="radio" name="lightbox-version" className="sr-only" checked={one.id === revision.id} onChange={() => onShow(poster.index, one.name)} />
                    {one.name}
                  </label>
                ))}
              </div>
            </fieldset>
          )}
          <WayChoice draft={draft} onChoose={setMode} />
          {masked && !edit.under && <ReadyMasks revision={revision} colour={painting.colour} mask={draft.mask} onMask={onMask} />}
          {draft.mode === 'COPY' ? (
            <CopyForm
              key={revision.id}
              poster={poster}
              revision={revision}
              draft={draft}
              onUpdated={(made) => {
                refresh();
                setComparing(true);
                onShow(poster.index, made);
              }}
            />
          ) : (
            <EditForm poster={poster} revision={revision} draft={draft} share={share} edit={edit} />
          )}
          <Facts revision={revision} />
          <div className="flex flex-wrap gap-2">
            <a className="btn btn-plain btn-small grow whitespace-nowrap" href={revision.url} download={revision.fileName}>
              <Icon name="download" className="size-4" />
              {t.lightbox.download}
            </a>
            <button type="button" className="btn btn-plain btn-small grow whitespace-nowrap" onClick={() => void setAsCover()}>
              {words.cover}
            </button>
            {poster.revisions.length > 1 && (
              <button type="button" className="btn btn-plain btn-small grow whitespace-nowrap" disabled={poster.current?.id === revision.id} onClick={() => void goBackTo()}>
                {poster.current?.id === revision.id ? words.current : words.restore}
              </button>
            )}
          </div>
          <p className="text-xs text-muted max-lg:hidden">{words.keys}</p>
        </div>
      </div>
    </Dialog>
  );
}

function StageButton({ icon, label, side, hidden, onClick }: { icon: 'left' | 'right'; label: string; side: string; hidden: boolean; onClick: () => void }) {
  return (
    <button
      type="button"
      aria-label={label}
      onClick={onClick}
      className={`absolute top-1/2 ${side} grid size-12 -translate-y-1/2 place-items-center rounded-full bg-stage-raised text-stage-ink hover:bg-stage-line ${hidden ? 'invisible' : ''}`}
    >
      <Icon name={icon} />
    </button>
  );
}
