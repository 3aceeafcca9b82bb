import { describe, expect, it, vi } from 'vitest';
import { type Mark, type MaskHistory, binarise, emptyMask, paintMask, rectanglePoints, redo, undo, withMark } from './mask';

const stroke = (size: number): Mark => ({ kind: 'stroke', erase: false, size, points: [1, 2, 3, 4] });

describe('the history of a mask', () => {
  it('takes back and does again, 150 times', () => {
    let history: MaskHistory = emptyMask;
    for (let n = 1; n <= 150; n += 1) history = withMark(history, stroke(n));
    const whole = history.done;
    for (let n = 0; n < 150; n += 1) history = undo(history);
    expect(history.done).toEqual([]);
    expect(undo(history)).toBe(history);
    for (let n = 0; n < 150; n += 1) history = redo(history);
    expect(history).toEqual({ done: whole, undone: [] });
    expect(redo(history)).toBe(history);
  });

  it('forgets what was taken back once something new is painted', () => {
    const history = withMark(undo(withMark(withMark(emptyMask, stroke(1)), stroke(2))), stroke(3));
    expect(history.done).toEqual([stroke(1), stroke(3)]);
    expect(history.undone).toEqual([]);
  });

  it('can take back a clearing, but keeps none that cleared nothing', () => {
    expect(withMark(emptyMask, { kind: 'clear' })).toBe(emptyMask);
    const cleared = withMark(withMark(emptyMask, stroke(1)), { kind: 'clear' });
    expect(withMark(cleared, { kind: 'clear' })).toBe(cleared);
    expect(undo(cleared).done).toEqual([stroke(1)]);
  });
});

function recorder() {
  const calls: string[] = [];
  const context = {
    globalCompositeOperation: 'source-over',
    lineWidth: 0,
    save() {},
    restore() {
      this.globalCompositeOperation = 'source-over';
    },
    beginPath: vi.fn<() => void>(),
    lineTo: vi.fn<(x: number, y: number) => void>(),
    stroke() {
      calls.push(`stroke ${this.lineWidth} ${this.globalCompositeOperation}`);
    },
    fill() {
      calls.push(`fill ${this.globalCompositeOperation}`);
    },
    clearRect() {
      calls.push('clear');
    },
    fillRect() {
      calls.push(`fillRect ${this.globalCompositeOperation}`);
    },
  };
  return { calls, context: context as unknown as CanvasRenderingContext2D };
}

describe('paintMask', () => {
  it('paints in order, erases through, inverts, and skips what a clearing has hidden', () => {
    const { calls, context } = recorder();
    const marks: Mark[] = [
      stroke(99),
      { kind: 'clear' },
      stroke(8),
      { kind: 'stroke', erase: true, size: 4, points: [1, 1] },
      { kind: 'area', erase: false, points: rectanglePoints(0, 0, 5, 5) },
      { kind: 'invert' },
    ];
    paintMask(context, marks, 10, 10, '#f0f');
    expect(calls).toEqual(['clear', 'stroke 8 source-over', 'stroke 4 destination-out', 'fill source-over', 'fillRect xor']);
  });
});

describe('binarise', () => {
  it('leaves only black and white, opaque, cut at half cover, and tells the share', () => {
    const pixels = new Uint8ClampedArray([255, 0, 128, 0, 255, 0, 128, 127, 255, 0, 128, 128, 255, 0, 128, 255]);
    expect(binarise(pixels)).toBe(0.5);
    expect([...pixels]).toEqual([0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255]);
    expect(binarise(new Uint8ClampedArray(0))).toBe(0);
  });
});
