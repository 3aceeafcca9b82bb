/** One thing that was done to the mask; coordinates and sizes are pixels of the picture, points are x, y, x, y, … */
export type Mark =
  | { kind: 'stroke'; erase: boolean; size: number; points: readonly number[] }
  | { kind: 'area'; erase: boolean; points: readonly number[] }
  | { kind: 'stamp'; image: ImageBitmap }
  | { kind: 'clear' }
  | { kind: 'invert' };

/** Everything that was done, and what of it was taken back. The mask is what `done` paints, in order. */
export interface MaskHistory {
  readonly done: readonly Mark[];
  readonly undone: readonly Mark[];
}

export const emptyMask: MaskHistory = { done: [], undone: [] };

export function withMark(before: MaskHistory, mark: Mark): MaskHistory {
  // Clearing nothing is nothing that could be taken back.
  if (mark.kind === 'clear' && (before.done.length === 0 || before.done.at(-1)?.kind === 'clear')) return before;
  return { done: [...before.done, mark], undone: [] };
}

export function undo(before: MaskHistory): MaskHistory {
  const last = before.done.at(-1);
  return last ? { done: before.done.slice(0, -1), undone: [...before.undone, last] } : before;
}

export function redo(before: MaskHistory): MaskHistory {
  const last = before.undone.at(-1);
  return last ? { done: [...before.done, last], undone: before.undone.slice(0, -1) } : before;
}

/** The four corners of the rectangle between two opposite ones. */
export function rectanglePoints(x0: number, y0: number, x1: number, y1: number): number[] {
  return [x0, y0, x1, y0, x1, y1, x0, y1];
}

type Context = CanvasRenderingContext2D;

function trace(context: Context, points: readonly number[]): void {
  context.beginPath();
  for (let at = 0; at + 1 < points.length; at += 2) context.lineTo(points[at] as number, points[at + 1] as number);
}

/** Paints one mark, opaque: see-through is a matter of how the canvas is shown, so that overlaps do not darken. */
export function paintMark(context: Context, mark: Mark, width: number, height: number, colour: string): void {
  context.save();
  context.fillStyle = colour;
  context.strokeStyle = colour;
  if ('erase' in mark && mark.erase) context.globalCompositeOperation = 'destination-out';
  switch (mark.kind) {
    case 'stroke':
      context.lineWidth = mark.size;
      context.lineCap = 'round';
      context.lineJoin = 'round';
      // A single point has no length that could be stroked.
      trace(context, mark.points.length === 2 ? [...mark.points, ...mark.points] : mark.points);
      context.stroke();
      break;
    case 'area':
      trace(context, mark.points);
      context.fill();
      break;
    case 'stamp':
      context.drawImage(mark.image, 0, 0, width, height);
      break;
    case 'clear':
      context.clearRect(0, 0, width, height);
      break;
    case 'invert':
      context.globalCompositeOperation = 'xor';
      context.fillRect(0, 0, width, height);
      break;
  }
  context.restore();
}

export function paintMask(context: Context, marks: readonly Mark[], width: number, height: number, colour: string): void {
  context.clearRect(0, 0, width, height);
  // What came before the last clearing cannot be seen.
  const from = marks.findLastIndex((mark) => mark.kind === 'clear') + 1;
  for (const mark of marks.slice(from)) paintMark(context, mark, width, height, colour);
}

/**
 * Turns the painted layer into the mask: white where it was painted, black elsewhere, nothing between. The edges of
 * strokes are half covered, and a model must not be told "half". Answers which share of the picture is white.
 */
export function binarise(rgba: Uint8ClampedArray): number {
  let white = 0;
  for (let at = 0; at < rgba.length; at += 4) {
    const painted = (rgba[at + 3] as number) >= 128;
    if (painted) white += 1;
    rgba[at] = rgba[at + 1] = rgba[at + 2] = painted ? 255 : 0;
    rgba[at + 3] = 255;
  }
  return rgba.length === 0 ? 0 : white / (rgba.length / 4);
}

function blank(width: number, height: number): { canvas: HTMLCanvasElement; context: Context } | undefined {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  return context ? { canvas, context } : undefined;
}

/** How much of the picture is painted, 0–1; counted on a small copy, so that it can be told after every stroke. */
export function coverage(marks: readonly Mark[], width: number, height: number): number {
  if (marks.length === 0) return 0;
  const scale = Math.min(1, 320 / Math.max(width, height));
  const small = blank(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  if (!small) return 0;
  small.context.scale(scale, scale);
  paintMask(small.context, marks, width, height, '#000');
  return binarise(small.context.getImageData(0, 0, small.canvas.width, small.canvas.height).data);
}

export interface MaskPicture {
  blob: Blob;
  share: number;
}

/** The mask as a black and white PNG in the size of the picture itself, whatever the screen; undefined where the browser gives none. */
export async function maskPicture(marks: readonly Mark[], width: number, height: number): Promise<MaskPicture | undefined> {
  const full = blank(width, height);
  if (!full) return undefined;
  paintMask(full.context, marks, width, height, '#000');
  const pixels = full.context.getImageData(0, 0, width, height);
  const share = binarise(pixels.data);
  full.context.putImageData(pixels, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => {
    full.canvas.toBlob(resolve, 'image/png');
  });
  return blob && blob.size > 0 ? { blob, share } : undefined;
}
