import { createStore, useStore } from '../lib/store';
import { readKept, writeKept } from '../lib/keep';
import type { words as account } from './zh/account';
import type { words as base } from './zh/base';
import type { words as detail } from './zh/detail';
import type { words as editor } from './zh/editor';
import type { words as examples } from './zh/examples';
import type { words as generate } from './zh/generate';
import type { words as login } from './zh/login';
import type { words as partners } from './zh/partners';
import type { words as security } from './zh/security';
import type { words as shortcuts } from './zh/shortcuts';

export type Locale = 'zh' | 'en';

/** The words that every page has. Chinese is the source; `en/` has to offer the same. */
export type Catalogue = typeof base;

interface Parts {
  login: typeof login;
  generate: typeof generate;
  examples: typeof examples;
  detail: typeof detail;
  account: typeof account;
  editor: typeof editor;
  partners: typeof partners;
  security: typeof security;
  shortcuts: typeof shortcuts;
}

/** Words that come with a page or a part of one. */
export type Part = keyof Parts;

const storageKey = 'haibao.locale';

interface Language {
  locale: Locale;
  parts: ReadonlySet<string>;
  text: Catalogue;
}

const files = import.meta.glob<object>(['./zh/*.ts', './en/*.ts'], { import: 'words' });

async function fetchWords(locale: Locale, parts: readonly string[]): Promise<object> {
  const fetched = await Promise.all(parts.map((part) => files[`./${locale}/${part}.ts`]?.()));
  return Object.assign({}, ...fetched) as object;
}

/** Chinese unless a person has chosen otherwise, or the browser names English before any Chinese. */
export function preferredLocale(kept: unknown, browserLanguages: readonly string[]): Locale {
  if (kept === 'zh' || kept === 'en') return kept;
  const first = browserLanguages.find((language) => /^(zh|en)\b/i.test(language));
  return first?.toLowerCase().startsWith('en') ? 'en' : 'zh';
}

const store = createStore<Language>({ locale: 'zh', parts: new Set(['base']), text: {} as Catalogue });

export const localeTag = (locale: Locale): string => (locale === 'zh' ? 'zh-CN' : 'en');

/** Switches when all the words in use are there in the other language. */
export async function setLocale(locale: Locale): Promise<void> {
  const { parts } = store.get();
  const text = (await fetchWords(locale, [...parts])) as Catalogue;
  // Another part may have been asked for meanwhile.
  if (store.get().parts.size !== parts.size) return setLocale(locale);
  document.documentElement.lang = localeTag(locale);
  store.set({ locale, parts, text });
}

/** Fetches the words of a part; whoever shows it waits for them. */
export async function loadWords(part: Part): Promise<void> {
  const { locale, parts } = store.get();
  if (parts.has(part)) return;
  const more = await fetchWords(locale, [part]);
  const now = store.get();
  if (now.locale !== locale) return loadWords(part);
  store.set({ ...now, parts: new Set([...now.parts, part]), text: { ...now.text, ...more } });
}

export async function chooseLocale(locale: Locale): Promise<void> {
  writeKept(localStorage, storageKey, locale);
  await setLocale(locale);
}

export async function startLanguage(): Promise<void> {
  const locale = preferredLocale(readKept(localStorage, storageKey), navigator.languages);
  // One lost file must not cost the page, as long as the other language is there.
  await setLocale(locale).catch(() => setLocale(locale === 'zh' ? 'en' : 'zh'));
}

export const currentLocale = (): Locale => store.get().locale;

/** Words that are needed at one moment only, outside of any page. */
export async function wordsOf<P extends Part>(part: P): Promise<Parts[P]> {
  await loadWords(part);
  return store.get().text as Catalogue & Parts[P];
}

/** The words of the page's language, and those of one part, which has to be there (`loadWords`). */
export function useText(): Catalogue;
export function useText<P extends Part>(part: P): Catalogue & Parts[P];
export function useText(part?: Part): Catalogue {
  const { parts, text } = useStore(store);
  if (part !== undefined && !parts.has(part)) throw new Error(`the words of “${part}” have not been fetched`);
  return text;
}

export function useLocale(): Locale {
  return useStore(store).locale;
}

/** Picks the Chinese or English one of a pair the server sends in both languages. */
export function useTitle(): (titled: { titleZh: string; titleEn: string }) => string {
  const locale = useLocale();
  return (titled) => (locale === 'zh' ? titled.titleZh : titled.titleEn);
}

export interface Formats {
  date(instant: string): string;
  dateTime(instant: string): string;
  time(instant: string): string;
  bytes(count: number): string;
}

const guarded = (format: Intl.DateTimeFormat) => (instant: string) => {
  const at = Date.parse(instant);
  return Number.isNaN(at) ? '' : format.format(at);
};

export function formatsFor(locale: Locale): Formats {
  const tag = localeTag(locale);
  const date = new Intl.DateTimeFormat(tag, { dateStyle: 'medium' });
  const dateTime = new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'short' });
  const time = new Intl.DateTimeFormat(tag, { timeStyle: 'short' });
  const number = new Intl.NumberFormat(tag, { maximumFractionDigits: 1 });
  return {
    date: guarded(date),
    dateTime: guarded(dateTime),
    time: guarded(time),
    bytes: (count) => (count < 1024 * 1024 ? `${number.format(count / 1024)} KB` : `${number.format(count / 1024 / 1024)} MB`),
  };
}

const formats: Record<Locale, Formats> = { zh: formatsFor('zh'), en: formatsFor('en') };

export function useFormats(): Formats {
  return formats[useLocale()];
}
