import { act, renderHook } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { currentLocale, formatsFor, loadWords, preferredLocale, setLocale, useText } from '.';
import { words as enBase } from './en/base';
import { words as enGenerate } from './en/generate';
import { words as zhGenerate } from './zh/generate';

type Words = Record<string, never>;
const merged = (files: Record<string, object>): Words => Object.assign({}, ...Object.values(files)) as Words;
const zhFiles = import.meta.glob<object>('./zh/*.ts', { import: 'words', eager: true });
const enFiles = import.meta.glob<object>('./en/*.ts', { import: 'words', eager: true });

function leaves(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

const keys = (catalogue: unknown) => leaves(catalogue, '').map(([path]) => path).toSorted();

const say = (leaf: unknown): string => (typeof leaf === 'function' ? String((leaf as (...args: unknown[]) => string)(2, 3, 4, 5)) : String(leaf));

const parts = Object.keys(zhFiles).map((file) => file.replace('./zh/', ''));

describe('catalogues', () => {
  it('have the same parts in both languages, none in the way of another', () => {
    expect(Object.keys(enFiles).map((file) => file.replace('./en/', ''))).toEqual(parts);
    const names = Object.values(zhFiles).flatMap((words) => Object.keys(words));
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it.each(parts)('%s says the same things in both languages, and says something', (file) => {
    const [zh, en] = [zhFiles[`./zh/${file}`], enFiles[`./en/${file}`]];
    expect(keys(en)).toEqual(keys(zh));
    expect([...leaves(zh, 'zh'), ...leaves(en, 'en')].filter(([, leaf]) => say(leaf).trim() === '')).toEqual([]);
  });

  it('leave no Chinese in the English, but for the name of the other language', () => {
    const left = leaves(merged(enFiles), 'en').filter(([path, leaf]) => path !== 'en.language.switchTo' && /\p{Script=Han}/u.test(say(leaf)));
    expect(left.map(([path]) => path)).toEqual([]);
  });

  it('know one from many', () => {
    expect([enBase.credits(1), enBase.credits(4), enBase.errors.loginCode.wrong(1)]).toEqual(['1 credit', '4 credits', 'That code is not right. 1 try left.']);
  });

  it('write the cost as the server prices it', () => {
    expect(zhGenerate.generate.cost(10, 4, 40)).toBe('10 × 4 = 40 积分');
    expect(enGenerate.generate.cost(1, 4, 4)).toBe('1 × 4 = 4 credits');
  });
});

describe('the words in use', () => {
  it('grow by the parts that are shown, and change language all together', async () => {
    await setLocale('zh');
    await loadWords('detail');
    const { result } = renderHook(() => useText('detail'));
    expect([result.current.back, result.current.detail.next]).toEqual(['返回', '下一版']);
    await act(() => setLocale('en'));
    expect([result.current.back, result.current.detail.next]).toEqual([enBase.back, 'Next version']);
    expect([currentLocale(), document.documentElement.lang]).toEqual(['en', 'en']);
  });

  it('come in the language that is current when they arrive', async () => {
    await setLocale('zh');
    await Promise.all([loadWords('account'), setLocale('en')]);
    const { result } = renderHook(() => useText('account'));
    expect(result.current.account.title).toBe('Account');
  });

  it('are missed at once where a part was not fetched', () => {
    const quiet = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(() => renderHook(() => useText('shortcuts'))).toThrow('shortcuts');
    quiet.mockRestore();
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
