import type { BilingualLayoutCode, CompositionCode, PosterFormatCode, TypographyStyleCode, VisualStyleCode } from '../gql/graphql';
import { readKept, writeKept } from './keep';
import { createStore, useStore } from './store';

/** A photo that is already on the server; the preview is a small data URL, so a reload shows it without a request. */
export interface DraftPhoto {
  id: string;
  width: number;
  height: number;
  preview: string;
}

export interface Draft {
  description: string;
  photos: DraftPhoto[];
  /** Dimensions that are not wanted. What is left out is kept, so that a newly offered dimension starts ticked. */
  skipped: number[];
  format: PosterFormatCode | null;
  /** Of what is null the server chooses: the style from the product, format and composition from its defaults. */
  visual: VisualStyleCode | null;
  typography: TypographyStyleCode | null;
  layout: BilingualLayoutCode | null;
  composition: CompositionCode | null;
}

export const emptyDraft: Draft = { description: '', photos: [], skipped: [], format: null, visual: null, typography: null, layout: null, composition: null };

const storageKey = 'haibao.draft';

const isPhoto = (value: unknown): value is DraftPhoto =>
  typeof value === 'object' && value !== null && typeof (value as DraftPhoto).id === 'string' && typeof (value as DraftPhoto).preview === 'string';

const textOrNull = <T extends string>(value: unknown): T | null => (typeof value === 'string' ? (value as T) : null);

/** Reads what an earlier visit (perhaps of an earlier version) left; anything unexpected falls back to the empty draft. */
export function parseDraft(value: unknown): Draft {
  if (typeof value !== 'object' || value === null) return emptyDraft;
  const kept = value as Partial<Record<keyof Draft, unknown>>;
  return {
    description: typeof kept.description === 'string' ? kept.description : '',
    photos: Array.isArray(kept.photos) ? kept.photos.filter(isPhoto) : [],
    skipped: Array.isArray(kept.skipped) ? kept.skipped.filter((index): index is number => Number.isInteger(index)) : [],
    format: textOrNull<PosterFormatCode>(kept.format),
    visual: textOrNull<VisualStyleCode>(kept.visual),
    typography: textOrNull<TypographyStyleCode>(kept.typography),
    layout: textOrNull<BilingualLayoutCode>(kept.layout),
    composition: textOrNull<CompositionCode>(kept.composition),
  };
}

export function chosenDimensions(draft: Draft, offered: readonly { index: number }[]): number[] {
  return offered.map((dimension) => dimension.index).filter((index) => !draft.skipped.includes(index));
}

/** The draft with one dimension ticked or unticked. */
export function withDimension(draft: Draft, index: number, wanted: boolean): Draft {
  const others = draft.skipped.filter((skipped) => skipped !== index);
  return { ...draft, skipped: wanted ? others : [...others, index].toSorted((a, b) => a - b) };
}

/** The kept choice as far as this server still offers it: an installation changes, a browser remembers. */
export function offeredOrNull<T extends string>(choice: T | null, offered: readonly { code: string }[]): T | null {
  return offered.some(({ code }) => code === choice) ? choice : null;
}

/** Keeps only the first `count` of the chosen dimensions: what a small balance can pay for. */
export function keepFirst(draft: Draft, offered: readonly { index: number }[], count: number): Draft {
  const kept = new Set(chosenDimensions(draft, offered).slice(0, count));
  return { ...draft, skipped: offered.map((dimension) => dimension.index).filter((index) => !kept.has(index)) };
}

const store = createStore<Draft>(parseDraft(readKept(localStorage, storageKey)));

store.subscribe(() => {
  const draft = store.get();
  writeKept(localStorage, storageKey, draft === emptyDraft ? undefined : draft);
});

export function updateDraft(change: (draft: Draft) => Draft): void {
  store.set(change);
}

/** The photo and words of one product go, the choice of posters stays for the next. */
export function finishDraft(): void {
  store.set((draft) => ({ ...draft, description: '', photos: [] }));
}

export function forgetDraft(): void {
  store.set(emptyDraft);
}

export function useDraft(): Draft {
  return useStore(store);
}
