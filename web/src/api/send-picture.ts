// Prepares and sends pictures. Nobody has one in hand when a page opens, so this code comes after it.
import type { Catalogue } from '../i18n';
import type { DraftPhoto } from '../lib/draft';
import { PictureError, preparePicture } from '../lib/picture';
import { shelf } from '../lib/shelf';
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
  if (purpose === 'PHOTO') await shelf.put(photoKey(uploaded.id), { blob, fileName } satisfies KeptPhoto);
  return { ...uploaded, preview };
}

interface KeptPhoto {
  blob: Blob;
  fileName: string;
}

const photoPrefix = 'photo.';
const photoKey = (id: string) => photoPrefix + id;

/** Lets go of the photos that no draft shows any more. */
export async function prunePhotos(shown: readonly DraftPhoto[]): Promise<void> {
  const wanted = new Set(shown.map((photo) => photoKey(photo.id)));
  for (const key of await shelf.keys(photoPrefix)) if (!wanted.has(key)) await shelf.remove(key);
}

/** Sends the photos of a draft once more, from where the browser has kept them: the server forgets what is not used for a day. */
export async function sendAgain(photos: readonly DraftPhoto[]): Promise<DraftPhoto[] | undefined> {
  const sent: DraftPhoto[] = [];
  for (const photo of photos) {
    const kept = await shelf.get<KeptPhoto>(photoKey(photo.id));
    if (!kept) return undefined;
    const uploaded = await uploadPicture('PHOTO', kept.blob, kept.fileName, () => undefined, new AbortController().signal);
    await shelf.put(photoKey(uploaded.id), kept);
    sent.push({ ...uploaded, preview: photo.preview });
  }
  return sent;
}

/** What to say about a picture that was not sent. Credentials that have run out lead to the login instead. */
export function pictureProblem(error: unknown, t: Catalogue, limits: Limits): string {
  if (error instanceof UploadError && error.code === 'UNAUTHENTICATED') leaveForLogin();
  if (error instanceof PictureError) return error.refusal === 'tooLarge' ? t.photo.tooLarge(Math.floor(limits.uploadBytesMax / 1_000_000)) : t.photo[error.refusal];
  return uploadErrorText(error, t);
}
