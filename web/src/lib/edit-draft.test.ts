import { renderHook } from '@testing-library/react';
import { beforeEach, expect, it } from 'vitest';
import { emptyEdit, forgetEdits, takeUp, updateEdit, useEditDraft } from './edit-draft';
import { shelf } from './shelf';

const draftOf = (posterId: string) => renderHook(() => useEditDraft(posterId)).result.current;
const stroke = { kind: 'stroke', erase: false, size: 80, points: [1, 2, 3, 4] } as const;

beforeEach(() => {
  forgetEdits();
  sessionStorage.clear();
});

it('takes up what an earlier visit left', () => {
  takeUp('s/01', { prompt: '背景换成大理石', mode: 'MASKED', mask: { done: [stroke], undone: [] } });
  expect(draftOf('s/01')).toEqual({ ...emptyEdit, prompt: '背景换成大理石', mode: 'MASKED', mask: { done: [stroke], undone: [] } });
  expect(draftOf('s/02')).toEqual(emptyEdit);
});

it('leaves alone what was typed before the earlier visit was remembered', () => {
  updateEdit('s/01', () => ({ prompt: 'new' }));
  takeUp('s/01', { prompt: 'old', mask: { done: [stroke], undone: [] } });
  expect(draftOf('s/01')).toMatchObject({ prompt: 'new', mask: { done: [] } });
});

it('forgets a draft on which nothing stands any more', () => {
  updateEdit('s/01', () => ({ prompt: 'x' }));
  expect(sessionStorage.getItem('haibao.edit.s/01')).not.toBeNull();
  updateEdit('s/01', () => ({ prompt: '' }));
  expect(sessionStorage.getItem('haibao.edit.s/01')).toBeNull();
});

it('keeps nothing, and breaks nothing, where there is no IndexedDB', async () => {
  await shelf.put('photo.1', 1);
  expect([await shelf.get('photo.1'), await shelf.keys('photo.')]).toEqual([undefined, []]);
  await shelf.clear();
});
