import { beforeEach, describe, expect, it } from 'vitest';
import { clock, secondsLeft, waitEndMs } from './countdown';
import { generationOf, posterOf } from './ids';
import { keyFor, settleKey } from './idempotency';
import { readKept, writeKept } from './keep';
import { maskEmail, onlyDigits } from './login';
import { costOf, yuan } from './money';
import { fitInto, hasTransparency } from './picture';
import { loginPath, safeReturnPath } from './router';
import { createStore } from './store';
import { stepTo } from './versions';

beforeEach(() => sessionStorage.clear());

describe('countdown', () => {
  const now = Date.parse('2026-01-10T14:30:00Z');

  it('reads as a clock', () => {
    expect([0, 9, 75, 599, 4000].map(clock)).toEqual(['0:00', '0:09', '1:15', '9:59', '1:06:40']);
  });

  it('rounds up, and ends at zero', () => {
    expect([60_000, 59_001, 1, 0, -5_000].map((ms) => secondsLeft(now + ms, now))).toEqual([60, 60, 1, 0, 0]);
    expect(secondsLeft(undefined, now)).toBe(0);
    expect(secondsLeft(Number.NaN, now)).toBe(0);
  });

  it('believes the server’s instant only where this clock can be right', () => {
    expect(waitEndMs('2026-01-10T14:30:42Z', 60, now)).toBe(now + 42_000);
    // Ten minutes fast, ten minutes slow, or no date at all: the policy's length it is.
    expect(waitEndMs('2026-01-10T14:41:00Z', 60, now)).toBe(now + 60_000);
    expect(waitEndMs('2026-01-10T14:20:00Z', 60, now)).toBe(now + 60_000);
    expect(waitEndMs('soon', 60, now)).toBe(now + 60_000);
  });
});

describe('costOf', () => {
  it('tells cost, rest and what is missing', () => {
    expect(costOf(10, 4, 72)).toEqual({ posters: 10, credits: 40, after: 32, missing: 0, affordable: 10 });
    expect(costOf(10, 4, 30)).toEqual({ posters: 10, credits: 40, after: -10, missing: 10, affordable: 7 });
    expect(costOf(5, 4, 20)).toMatchObject({ after: 0, missing: 0 });
  });

  it('survives a price of nothing and an overdrawn balance', () => {
    expect(costOf(3, 0, 0)).toMatchObject({ credits: 0, missing: 0, affordable: 3 });
    expect(costOf(3, 4, -8).affordable).toBe(0);
  });

  it('writes fen as yuan', () => {
    expect([100, 1000, 1050, 5, 0].map(yuan)).toEqual(['1', '10', '10.50', '0.05', '0']);
  });
});

describe('idempotency keys', () => {
  it('keeps the key while the intention is the same and unanswered', () => {
    const first = keyFor('order', { amountYuan: 10 });
    expect(keyFor('order', { amountYuan: 10 })).toBe(first);
    expect(keyFor('generation', { amountYuan: 10 })).not.toBe(first);
  });

  it('takes a new one for another intention, and after a definite answer', () => {
    const first = keyFor('order', { amountYuan: 10 });
    const second = keyFor('order', { amountYuan: 50 });
    expect(second).not.toBe(first);
    settleKey('order');
    expect(keyFor('order', { amountYuan: 50 })).not.toBe(second);
  });
});

describe('sign-in fields', () => {
  it('takes a code in whatever way it is pasted', () => {
    expect(['123 456', ' 12-34-56\n', '１２３４５６', '1234567', 'code: 99'].map((text) => onlyDigits(text, 6))).toEqual(['123456', '123456', '123456', '123456', '99']);
  });

  it('shows an address without giving it away', () => {
    expect(maskEmail('name@example.com')).toBe('n***@example.com');
    expect(maskEmail('nonsense')).toBe('nonsense');
  });
});

describe('return paths', () => {
  it('come back to this site only', () => {
    expect(['/history?q=a', '/me'].map(safeReturnPath)).toEqual(['/history?q=a', '/me']);
    for (const bad of [null, '', 'https://evil.example', '//evil.example', '/\\evil.example', '/login', 'javascript:alert(1)']) expect(safeReturnPath(bad)).toBe('/');
  });

  it('are part of the address of the sign-in page', () => {
    expect(loginPath('/history?q=a b')).toBe('/login?next=%2Fhistory%3Fq%3Da%20b');
    expect(loginPath('/')).toBe('/login');
  });
});

describe('pictures', () => {
  it('are scaled down to fit, never up', () => {
    expect(fitInto(4000, 3000, 2048)).toEqual({ width: 2048, height: 1536 });
    expect(fitInto(800, 600, 2048)).toEqual({ width: 800, height: 600 });
    expect(fitInto(9000, 2, 2048)).toEqual({ width: 2048, height: 1 });
  });

  it('count as transparent by their alpha alone', () => {
    expect(hasTransparency(new Uint8ClampedArray([0, 0, 0, 255, 9, 9, 9, 255]))).toBe(false);
    expect(hasTransparency(new Uint8ClampedArray([255, 255, 255, 255, 9, 9, 9, 0]))).toBe(true);
  });
});

describe('small things', () => {
  it('steps stay within the row', () => {
    expect([stepTo(-1, 3), stepTo(1, 3), stepTo(3, 3), stepTo(2, 0)]).toEqual([0, 1, 2, 0]);
  });

  it('knows the generation of a poster', () => {
    expect(generationOf('session_20260110143052_a3f2/02-edit1')).toBe('session_20260110143052_a3f2');
  });

  it('storage that is broken or full is no more than empty', () => {
    const broken = {
      getItem: () => '{not json',
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError');
      },
    } as unknown as Storage;
    expect(readKept(broken, 'x')).toBeUndefined();
    expect(writeKept(broken, 'x', 1)).toBe(false);
  });

  it('a store tells its listeners of changes only', () => {
    const store = createStore(1);
    let heard = 0;
    const stop = store.subscribe(() => {
      heard += 1;
    });
    store.set(1);
    store.set((n) => n + 1);
    stop();
    store.set(9);
    expect([heard, store.get()]).toEqual([1, 9]);
  });
});

describe('posterOf', () => {
  it('is what a revision belongs to', () => {
    expect(posterOf('session_20260110143052_a3f2/02-edit1')).toBe('session_20260110143052_a3f2/02');
    expect(posterOf('session_20260110143052_a3f2/00-prime')).toBe('session_20260110143052_a3f2/00');
  });
});
