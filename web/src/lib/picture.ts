/** The long side of what is sent; the server needs no more, and phones shoot several times that. */
const sentLongSidePx = 2048;
const previewLongSidePx = 320;
/** What the server takes as it is; anything else the browser can decode is sent as JPEG or PNG. */
const sentAsIs = new Set(['image/jpeg', 'image/png', 'image/webp']);

export interface PreparedPicture {
  blob: Blob;
  fileName: string;
  width: number;
  height: number;
  preview: string;
}

export type PictureRefusal = 'unreadable' | 'tooLarge' | 'tooManyPixels';

export class PictureError extends Error {
  readonly refusal: PictureRefusal;

  constructor(refusal: PictureRefusal) {
    super(refusal);
    this.name = 'PictureError';
    this.refusal = refusal;
  }
}

/** The size that fits into a square of `longSidePx`, keeping the shape; never larger than the original. */
export function fitInto(width: number, height: number, longSidePx: number): { width: number; height: number } {
  const scale = Math.min(1, longSidePx / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Whether any of the RGBA pixels lets something through. */
export function hasTransparency(rgba: Uint8ClampedArray): boolean {
  for (let index = 3; index < rgba.length; index += 4) if ((rgba[index] as number) < 250) return true;
  return false;
}

function paint(bitmap: ImageBitmap, width: number, height: number): { canvas: HTMLCanvasElement; context: CanvasRenderingContext2D } {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new PictureError('unreadable');
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  return { canvas, context };
}

const encode = (canvas: HTMLCanvasElement, type: string): Promise<Blob> =>
  new Promise((resolve, reject) => {
    // Some browsers answer a canvas beyond their limits with no blob at all.
    canvas.toBlob((blob) => (blob && blob.size > 0 ? resolve(blob) : reject(new PictureError('unreadable'))), type, 0.92);
  });

/** Turns, scales and encodes a picked file for sending. Transparency is kept: a cut-out photo is the best kind. */
export async function preparePicture(file: File, limits: { uploadBytesMax: number; uploadPixelsMax: number }): Promise<PreparedPicture> {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => {
    throw new PictureError('unreadable');
  });
  try {
    const small = fitInto(bitmap.width, bitmap.height, previewLongSidePx);
    const thumbnail = paint(bitmap, small.width, small.height);
    const transparent = file.type !== 'image/jpeg' && hasTransparency(thumbnail.context.getImageData(0, 0, small.width, small.height).data);
    const preview = thumbnail.canvas.toDataURL(transparent ? 'image/png' : 'image/jpeg', 0.8);
    const size = fitInto(bitmap.width, bitmap.height, sentLongSidePx);
    const asIs = size.width === bitmap.width && size.height === bitmap.height && sentAsIs.has(file.type);
    const type = transparent ? 'image/png' : 'image/jpeg';
    const blob = asIs ? file : await encode(paint(bitmap, size.width, size.height).canvas, type);
    if (size.width * size.height > limits.uploadPixelsMax) throw new PictureError('tooManyPixels');
    if (blob.size > limits.uploadBytesMax) throw new PictureError('tooLarge');
    return { blob, fileName: asIs ? file.name : `photo.${transparent ? 'png' : 'jpg'}`, ...size, preview };
  } finally {
    bitmap.close();
  }
}
