import { describe, expect, it } from 'vitest';
import { chosenDimensions, emptyDraft, keepFirst, offeredOrNull, parseDraft, updateDraft, withDimension } from './draft';

const offered = [0, 1, 2, 3, 4].map((index) => ({ index }));

describe('draft', () => {
  it('wants everything on offer to begin with, new dimensions included', () => {
    expect(chosenDimensions(emptyDraft, offered)).toEqual([0, 1, 2, 3, 4]);
    expect(chosenDimensions({ ...emptyDraft, skipped: [1] }, [...offered, { index: 5 }])).toEqual([0, 2, 3, 4, 5]);
  });

  it('ticks and unticks, however often', () => {
    const without = withDimension(withDimension(withDimension(emptyDraft, 3, false), 1, false), 3, false);
    expect(without.skipped).toEqual([1, 3]);
    expect(withDimension(without, 1, true).skipped).toEqual([3]);
  });

  it('keeps the first of the chosen ones when the balance pays for no more', () => {
    const draft = { ...emptyDraft, skipped: [0] };
    expect(chosenDimensions(keepFirst(draft, offered, 2), offered)).toEqual([1, 2]);
    expect(chosenDimensions(keepFirst(draft, offered, 0), offered)).toEqual([]);
  });

  it('forgets a choice that the server does not offer any more', () => {
    expect(offeredOrNull('MODEL', [{ code: 'TYPESET' }])).toBeNull();
    expect(offeredOrNull('MODEL', [{ code: 'TYPESET' }, { code: 'MODEL' }])).toBe('MODEL');
  });

  it('takes from storage what it understands and drops the rest', () => {
    for (const nonsense of [null, 1, 'x', []]) expect(parseDraft(nonsense)).toEqual(emptyDraft);
    expect(parseDraft({ description: 7, photos: [{ id: 'upload_1' }, 3], skipped: ['a', 2], format: {}, more: 1 })).toEqual({ ...emptyDraft, skipped: [2] });
    const whole = { description: '杯子', photos: [{ id: 'upload_1', width: 1, height: 2, preview: 'data:' }], skipped: [4], format: 'SQUARE_1_1', visual: 'TECH', typography: 'THIN', layout: null, composition: 'MODEL' };
    expect(parseDraft(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
  });

  it('is written down with every change', () => {
    updateDraft((draft) => ({ ...draft, description: '手作粗陶马克杯' }));
    expect(parseDraft(JSON.parse(localStorage.getItem('haibao.draft') ?? 'null')).description).toBe('手作粗陶马克杯');
  });
});
