import { useEffect } from 'react';
import { type EditDraft, takeUp } from './edit-draft';
import type { Mark } from './mask';
import { shelf } from './shelf';

const key = (posterId: string) => `edit.${posterId}`;
const saveAfterMs = 400;
/** The server forgets a reference picture that was not used; a draft as a whole is forgotten when nobody can remember it. */
const referenceMs = 20 * 3_600_000;
const draftMs = 30 * 86_400_000;

type KeptMark = Exclude<Mark, { kind: 'stamp' }> | { kind: 'stamp'; picture: Blob };
type Kept = Pick<EditDraft, 'mode' | 'prompt' | 'words' | 'reference'> & { done: KeptMark[]; undone: KeptMark[]; atMs: number };

async function asKept(mark: Mark): Promise<KeptMark | undefined> {
  if (mark.kind !== 'stamp') return mark;
  const canvas = new OffscreenCanvas(mark.image.width, mark.image.height);
  canvas.getContext('2d')?.drawImage(mark.image, 0, 0);
  return { kind: 'stamp', picture: await canvas.convertToBlob() };
}

async function asMark(mark: KeptMark): Promise<Mark> {
  return mark.kind === 'stamp' ? { kind: 'stamp', image: await createImageBitmap(mark.picture) } : mark;
}

const all = async <A, B>(marks: readonly A[], turn: (mark: A) => Promise<B | undefined>): Promise<B[]> => (await Promise.all(marks.map(turn))).filter((mark) => mark !== undefined);

const isEmpty = (draft: EditDraft): boolean =>
  draft.prompt === '' && draft.mask.done.length === 0 && draft.mask.undone.length === 0 && draft.reference === undefined && Object.values(draft.words).every((words) => Object.keys(words).length === 0);

async function save(posterId: string, draft: EditDraft): Promise<void> {
  if (isEmpty(draft)) return shelf.remove(key(posterId));
  const { mode, prompt, words, reference, mask } = draft;
  const kept: Kept = { mode, prompt, words, reference, done: await all(mask.done, asKept), undone: await all(mask.undone, asKept), atMs: Date.now() };
  return shelf.put(key(posterId), kept);
}

/** The draft of an earlier visit as it was left, undo steps and all. */
async function load(posterId: string): Promise<Partial<EditDraft> | undefined> {
  const kept = await shelf.get<Kept>(key(posterId));
  if (!kept) return undefined;
  const ageMs = Date.now() - kept.atMs;
  if (!(ageMs < draftMs)) {
    await shelf.remove(key(posterId));
    return undefined;
  }
  const { mode, prompt, words, reference } = kept;
  return { mode, prompt, words, reference: ageMs < referenceMs ? reference : undefined, mask: { done: await all(kept.done, asMark), undone: await all(kept.undone, asMark) } };
}

/** Takes up what was typed and painted on an earlier visit, and writes down what is typed and painted now. */
export function useShelvedEdit(posterId: string, draft: EditDraft): void {
  useEffect(() => {
    load(posterId).then(
      (kept) => kept && takeUp(posterId, kept),
      // What another version of the client has left may be beyond reading.
      () => shelf.remove(key(posterId)),
    );
  }, [posterId]);
  const touched = draft.touched === true;
  useEffect(() => {
    if (!touched) return;
    const timer = setTimeout(() => void save(posterId, draft).catch(() => undefined), saveAfterMs);
    return () => clearTimeout(timer);
  }, [posterId, draft, touched]);
}
