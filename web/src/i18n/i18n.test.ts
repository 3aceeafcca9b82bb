import { describe, expect, it } from 'vitest';
import { accountWords } from '../components/account-words';
import { editorWords } from '../components/editor/words';
import { generateWords } from '../components/generate-words';
import { shortcutWords } from '../components/shortcuts';
import { formatsFor, preferredLocale } from '.';
import { en } from './en';
import { zh } from './zh';

function leaves(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

const keys = (catalogue: unknown) => leaves(catalogue, '').map(([path]) => path).toSorted();

const say = (leaf: unknown): string => (typeof leaf === 'function' ? String((leaf as (...args: unknown[]) => string)(2, 3, 4, 5)) : String(leaf));

describe('catalogues', () => {
  it('say the same things in both languages', () => {
    expect(keys(en)).toEqual(keys(zh));
    const silent = [...leaves(zh, 'zh'), ...leaves(en, 'en')].filter(([, leaf]) => say(leaf).trim() === '');
    expect(silent.map(([path]) => path)).toEqual([]);
  });

  it('leave no Chinese in the English, but for the name of the other language', () => {
    const left = leaves(en, 'en').filter(([path, leaf]) => path !== 'en.language.switchTo' && /\p{Script=Han}/u.test(say(leaf)));
    expect(left.map(([path]) => path)).toEqual([]);
  });

  it('know one from many', () => {
    expect([en.credits(1), en.credits(4), en.login.wrong(1)]).toEqual(['1 credit', '4 credits', 'That code is not right. 1 try left.']);
  });

  it('write the cost as the server prices it', () => {
    expect(zh.generate.cost(10, 4, 40)).toBe('10 × 4 = 40 积分');
    expect(en.generate.cost(1, 4, 4)).toBe('1 × 4 = 4 credits');
  });
});

describe('words that travel with their part', () => {
  it.each(Object.entries({ accountWords, editorWords, generateWords, shortcutWords }))('%s say the same in both languages, and are all there', (_name, words) => {
    expect(keys(words.en)).toEqual(keys(words.zh));
    expect([...leaves(words.zh, 'zh'), ...leaves(words.en, 'en')].filter(([, leaf]) => say(leaf).trim() === '')).toEqual([]);
    expect(leaves(words.en, 'en').filter(([, leaf]) => /\p{Script=Han}/u.test(say(leaf)))).toEqual([]);
  });
});

describe('preferredLocale', () => {
  it('is Chinese unless someone chose, or the browser asks for English first', () => {
    expect(preferredLocale(undefined, [])).toBe('zh');
    expect(preferredLocale(undefined, ['fr-FR', 'zh-TW', 'en'])).toBe('zh');
    expect(preferredLocale(undefined, ['de', 'en-GB', 'zh'])).toBe('en');
    expect(preferredLocale('zh', ['en-US'])).toBe('zh');
    expect(preferredLocale('klingon', ['en-US'])).toBe('en');
  });
});

describe('formats', () => {
  it('write sizes for people and nothing for a broken date', () => {
    expect(formatsFor('zh').bytes(412_345)).toBe('402.7 KB');
    expect(formatsFor('en').bytes(3 * 1024 * 1024)).toBe('3 MB');
    expect(formatsFor('en').dateTime('not a date')).toBe('');
  });
});
