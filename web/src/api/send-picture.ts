// Prepares and sends pictures. Nobody has one in hand when a page opens, so this code comes after it.
import type { Catalogue } from '../i18n';
import { PictureError, preparePicture } from '../lib/picture';
import { leaveForLogin } from '../session';
import { UploadError, type UploadPurpose, type Uploaded, uploadErrorText, uploadPicture } from './upload';

interface Limits {
  uploadBytesMax: number;
  uploadPixelsMax: number;
}

/** Sends a picked file, scaled to what is needed; the preview is a small data URL. */
export async function sendPicture(
  purpose: UploadPurpose,
  file: File,
  limits: Limits,
  onProgress: (percent: number) => void,
  signal: AbortSignal,
): Promise<Uploaded & { preview: string }> {
  const { blob, fileName, preview } = await preparePicture(file, limits);
  const uploaded = await uploadPicture(purpose, blob, fileName, onProgress, signal);
  return { ...uploaded, preview };
}

/** What to say about a picture that was not sent. Credentials that have run out lead to the login instead. */
export function pictureProblem(error: unknown, t: Catalogue, limits: Limits): string {
  if (error instanceof UploadError && error.code === 'UNAUTHENTICATED') leaveForLogin();
  if (error instanceof PictureError) return error.refusal === 'tooLarge' ? t.photo.tooLarge(Math.floor(limits.uploadBytesMax / 1_000_000)) : t.photo[error.refusal];
  return uploadErrorText(error, t);
}
