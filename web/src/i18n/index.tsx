import { createStore, useStore } from '../lib/store';
import { readKept, writeKept } from '../lib/keep';
import { type Catalogue, zh } from './zh';

export type Locale = 'zh' | 'en';

const storageKey = 'haibao.locale';

interface Language {
  locale: Locale;
  text: Catalogue;
}

/** Chinese unless a person has chosen otherwise, or the browser names English before any Chinese. */
export function preferredLocale(kept: unknown, browserLanguages: readonly string[]): Locale {
  if (kept === 'zh' || kept === 'en') return kept;
  const first = browserLanguages.find((language) => /^(zh|en)\b/i.test(language));
  return first?.toLowerCase().startsWith('en') ? 'en' : 'zh';
}

const store = createStore<Language>({ locale: 'zh', text: zh });

export const localeTag = (locale: Locale): string => (locale === 'zh' ? 'zh-CN' : 'en');

/** Switches when the words are there: the English ones are fetched on first use. */
export async function setLocale(locale: Locale): Promise<void> {
  const text = locale === 'zh' ? zh : (await import('./en')).en;
  document.documentElement.lang = localeTag(locale);
  store.set({ locale, text });
}

export async function chooseLocale(locale: Locale): Promise<void> {
  writeKept(localStorage, storageKey, locale);
  await setLocale(locale);
}

export async function startLanguage(): Promise<void> {
  // A lost language chunk must not cost the page: Chinese is always there.
  await setLocale(preferredLocale(readKept(localStorage, storageKey), navigator.languages)).catch(() => setLocale('zh'));
}

export const currentLocale = (): Locale => store.get().locale;

export function useText(): Catalogue {
  return useStore(store).text;
}

/** Words of one part of the client, in both languages: they travel with that part's code instead of with every page. */
export interface Words<T> {
  zh: T;
  en: T;
}

export function useWords<T>(words: Words<T>): T {
  return words[useLocale()];
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
