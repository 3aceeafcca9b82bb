import type { EditMode } from '../gql/graphql';
import { readKept, writeKept } from './keep';
import { type MaskHistory, emptyMask } from './mask';
import { createStore, useStore } from './store';

export interface Reference {
  id: string;
  preview: string;
}

/** A picture is changed by a model, whole or where it is painted over; words are set anew, for nothing. */
export type EditWay = EditMode | 'COPY';

const isWay = (value: unknown): value is EditWay => value === 'WHOLE_IMAGE' || value === 'MASKED' || value === 'COPY';

/** What somebody is about to ask for on one poster. Closing the lightbox and a failed edit leave it as it is. */
export interface EditDraft {
  mode: EditWay;
  prompt: string;
  mask: MaskHistory;
  /** Other words for lines, by the picture they are on and the line's id. */
  words: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The upload of a mask belongs to exactly this history: sent again it is the same request. */
  sentMask: { done: MaskHistory['done']; id: string } | undefined;
  reference: Reference | undefined;
  /** The edit that was asked for last, until its end has been seen. */
  editId: string | undefined;
  /** Something was typed or painted on this page: what an earlier visit left comes too late. */
  touched?: boolean;
}

export const emptyEdit: EditDraft = { mode: 'WHOLE_IMAGE', prompt: '', mask: emptyMask, words: {}, sentMask: undefined, reference: undefined, editId: undefined };

const storageKey = (posterId: string) => `haibao.edit.${posterId}`;

/** What is there at once after a reload; what was painted comes a moment later (`edit-shelf.ts`). */
function kept(posterId: string): EditDraft {
  const value = readKept<Partial<Record<'prompt' | 'editId' | 'mode', unknown>>>(sessionStorage, storageKey(posterId));
  return {
    ...emptyEdit,
    mode: isWay(value?.mode) ? value.mode : 'WHOLE_IMAGE',
    prompt: typeof value?.prompt === 'string' ? value.prompt : '',
    editId: typeof value?.editId === 'string' ? value.editId : undefined,
  };
}

const drafts = createStore<Readonly<Record<string, EditDraft>>>({});

export function updateEdit(posterId: string, change: (draft: EditDraft) => Partial<EditDraft>): void {
  drafts.set((before) => {
    const draft = before[posterId] ?? kept(posterId);
    const next = { ...draft, ...change(draft), touched: true };
    const { prompt, editId, mode } = next;
    writeKept(sessionStorage, storageKey(posterId), prompt === '' && editId === undefined && mode === 'WHOLE_IMAGE' ? undefined : { prompt, editId, mode });
    return { ...before, [posterId]: next };
  });
}

/** Puts what an earlier visit left in its place, unless something new stands there already. */
export function takeUp(posterId: string, left: Partial<EditDraft>): void {
  drafts.set((before) => (before[posterId]?.touched ? before : { ...before, [posterId]: { ...kept(posterId), ...left } }));
}

const firstLooks = new Map<string, EditDraft>();

export function useEditDraft(posterId: string): EditDraft {
  const known = useStore(drafts)[posterId];
  if (known) return known;
  let first = firstLooks.get(posterId);
  if (!first) firstLooks.set(posterId, (first = kept(posterId)));
  return first;
}

export function forgetEdits(): void {
  firstLooks.clear();
  drafts.set({});
}
