import { type ChangeEvent, useEffect, useEffectEvent, useRef, useState } from 'react';
import { useText } from '../i18n';
import { type DraftPhoto, updateDraft } from '../lib/draft';
import { useStudio } from '../session';
import { Alert, Notice } from './feedback';
import { Icon } from './icon';

/** Below this the poster would be drawn from too few pixels; the photo is taken all the same. */
const lowResolutionPx = 600;

type Work = { percent: number | undefined };

export const loadSender = () => import('../api/send-picture');

/** Product photos: picked, dropped anywhere on the page or pasted; each one is sent as soon as it is there. */
export function PhotoPicker({ photos, onBusy }: { photos: readonly DraftPhoto[]; onBusy: (busy: boolean) => void }) {
  const t = useText('generate');
  const { limits } = useStudio();
  const [work, setWork] = useState<Work>();
  const [problem, setProblem] = useState<string>();
  const [dragging, setDragging] = useState(false);
  const abort = useRef<AbortController>(null);
  const room = limits.photosMax - photos.length;
  const maxMb = Math.floor(limits.uploadBytesMax / 1_000_000);

  async function take(files: readonly File[]) {
    const pictures = files.filter((file) => file.type === '' || file.type.startsWith('image/')).slice(0, Math.max(room, 0));
    if (work || pictures.length === 0) return;
    setProblem(undefined);
    onBusy(true);
    setWork({ percent: undefined });
    const sender = await loadSender().catch(() => undefined);
    const controller = new AbortController();
    abort.current = controller;
    try {
      if (!sender) return setProblem(t.photo.network);
      for (const file of pictures) {
        setWork({ percent: undefined });
        const photo: DraftPhoto = await sender.sendPicture('PHOTO', file, limits, (percent) => setWork({ percent }), controller.signal);
        updateDraft((draft) => ({ ...draft, photos: [...draft.photos, photo] }));
      }
    } catch (error) {
      if (!controller.signal.aborted) setProblem(sender?.pictureProblem(error, t, limits));
    } finally {
      setWork(undefined);
      onBusy(false);
    }
  }

  // Photos that are off the form are off this machine.
  useEffect(() => {
    const timer = setTimeout(() => {
      loadSender().then((sender) => sender.prunePhotos(photos)).catch(() => undefined);
    }, 3_000);
    return () => clearTimeout(timer);
  }, [photos]);

  const onPaste = useEffectEvent((event: ClipboardEvent) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) void take(files);
  });
  const onDrop = useEffectEvent((event: DragEvent) => {
    event.preventDefault();
    setDragging(false);
    void take([...(event.dataTransfer?.files ?? [])]);
  });
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setDragging(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setDragging(false);
    };
    const paste = (event: ClipboardEvent) => onPaste(event);
    const drop = (event: DragEvent) => onDrop(event);
    document.addEventListener('paste', paste);
    document.addEventListener('dragover', over);
    document.addEventListener('dragleave', leave);
    document.addEventListener('drop', drop);
    return () => {
      document.removeEventListener('paste', paste);
      document.removeEventListener('dragover', over);
      document.removeEventListener('dragleave', leave);
      document.removeEventListener('drop', drop);
      abort.current?.abort();
    };
  }, []);

  const onPick = (event: ChangeEvent<HTMLInputElement>) => {
    const files = [...(event.target.files ?? [])];
    event.target.value = '';
    void take(files);
  };
  const small = photos.find((photo) => Math.max(photo.width, photo.height) < lowResolutionPx);
  const first = photos.length === 0;

  return (
    <section aria-labelledby="photo-heading" className="grid gap-2">
      <h2 id="photo-heading" className="label mb-0! flex items-baseline">
        {t.generate.photo}
        <span className="ml-auto text-sm font-normal text-muted tabular-nums">{t.generate.photoCount(photos.length, limits.photosMax)}</span>
      </h2>
      <ul className="grid grid-cols-3 gap-2 empty:hidden">
        {photos.map((photo, at) => (
          <li key={photo.id} className="relative aspect-square overflow-hidden rounded-xl border border-line bg-sunken">
            <img src={photo.preview} alt={t.generate.photoAlt(at + 1)} className="size-full object-contain" />
            <button
              type="button"
              aria-label={t.generate.photoRemove(at + 1)}
              className="absolute top-1 right-1 grid size-9 place-items-center rounded-full bg-black/65 text-white hover:bg-black"
              onClick={() => updateDraft((draft) => ({ ...draft, photos: draft.photos.filter((one) => one.id !== photo.id) }))}
            >
              <Icon name="close" className="size-4" />
            </button>
          </li>
        ))}
      </ul>
      {room > 0 && (
        <label
          className={`relative flex flex-col items-center justify-center gap-1.5 overflow-hidden rounded-xl border-2 border-dashed px-4 text-center has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent ${
            first ? 'min-h-40 py-6' : 'min-h-14 py-2'
          } ${dragging ? 'border-accent bg-accent-soft' : 'border-control bg-sunken/60 hover:bg-sunken'}`}
        >
          <input type="file" accept="image/*" multiple={room > 1} className="sr-only" disabled={work !== undefined} onChange={onPick} aria-describedby="photo-hint" />
          {first && <Icon name="image" className="size-8 text-muted" />}
          <span className="font-semibold">
            {work ? (work.percent === undefined ? t.generate.preparing : t.generate.uploading(work.percent)) : first ? t.generate.photoPick : t.generate.photoAdd}
          </span>
          {first && (
            <span id="photo-hint" className="text-sm text-muted">
              {t.generate.photoHint(maxMb)}
            </span>
          )}
          {work && <span aria-hidden="true" className="absolute bottom-0 left-0 h-1 bg-accent transition-[width]" style={{ width: `${work.percent ?? 4}%` }} />}
        </label>
      )}
      {problem && <Alert>{problem}</Alert>}
      {small && <Notice>{t.generate.lowResolution(small.width, small.height)}</Notice>}
    </section>
  );
}
