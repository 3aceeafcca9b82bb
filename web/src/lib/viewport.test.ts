import { describe, expect, it } from 'vitest';
import { fitSize, fitted, held, zoomMax, zoomedAt } from './viewport';

describe('the view of a picture', () => {
  it('fits the whole picture, whichever side is the tight one', () => {
    expect(fitSize({ width: 1080, height: 1920 }, { width: 1000, height: 960 })).toEqual({ width: 540, height: 960 });
    expect(fitSize({ width: 1920, height: 1080 }, { width: 960, height: 960 })).toEqual({ width: 960, height: 540 });
  });

  it('keeps what is under the pointer under the pointer', () => {
    const view = zoomedAt({ scale: 2, x: 10, y: -20 }, 1.5, 100, 50);
    const before = { x: (100 - 10) / 2, y: (50 + 20) / 2 };
    expect({ x: (100 - view.x) / view.scale, y: (50 - view.y) / view.scale }).toEqual(before);
  });

  it('zooms between fitting and the most, and no further', () => {
    expect(zoomedAt(fitted, 0.1, 5, 5)).toEqual(fitted);
    expect(zoomedAt(fitted, 100, 0, 0).scale).toBe(zoomMax);
  });

  it('lets nobody lose the picture beyond an edge', () => {
    const picture = { width: 540, height: 960 };
    const stage = { width: 1000, height: 960 };
    expect(held({ scale: 1, x: 300, y: 300 }, picture, stage)).toEqual(fitted);
    expect(held({ scale: 2, x: 300, y: -900 }, picture, stage)).toEqual({ scale: 2, x: 40, y: -480 });
  });
});
