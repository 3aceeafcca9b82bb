import { currentLocale, localeTag } from '../i18n';
import type { Catalogue } from '../i18n';

export interface Uploaded {
  id: string;
  width: number;
  height: number;
}

/** A refused or lost upload; `code` is the server's, or `NETWORK` where no answer came. */
export class UploadError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'UploadError';
    this.code = code;
  }
}

/** Reads the answer of `POST /uploads`: the upload, or the refusal with the server's words. */
export function readUploadAnswer(status: number, body: string): Uploaded {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    answer = undefined;
  }
  if (typeof answer === 'object' && answer !== null) {
    if (status === 201 && 'id' in answer && typeof answer.id === 'string') {
      const { id, width, height } = answer as Uploaded;
      return { id, width, height };
    }
    if ('error' in answer && typeof answer.error === 'object' && answer.error !== null) {
      const { code, message } = answer.error as { code?: unknown; message?: unknown };
      throw new UploadError(typeof code === 'string' ? code : `HTTP_${status}`, typeof message === 'string' ? message : '');
    }
  }
  throw new UploadError(`HTTP_${status}`, '');
}

export type UploadPurpose = 'PHOTO' | 'REFERENCE' | 'MASK';

/** Sends one picture. XMLHttpRequest, because `fetch` cannot tell how much of a body has gone out. */
export function uploadPicture(purpose: UploadPurpose, blob: Blob, fileName: string, onProgress: (percent: number) => void, signal: AbortSignal): Promise<Uploaded> {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    form.append('purpose', purpose);
    form.append('file', blob, fileName);
    const request = new XMLHttpRequest();
    request.open('POST', '/uploads');
    request.setRequestHeader('GraphQL-Require-Preflight', '1');
    request.setRequestHeader('Accept-Language', localeTag(currentLocale()));
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) onProgress(Math.round((event.loaded / event.total) * 100));
    });
    request.addEventListener('load', () => {
      try {
        resolve(readUploadAnswer(request.status, request.responseText));
      } catch (error) {
        reject(error);
      }
    });
    request.addEventListener('error', () => reject(new UploadError('NETWORK', '')));
    request.addEventListener('abort', () => reject(new DOMException('Upload aborted', 'AbortError')));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(form);
  });
}

export function uploadErrorText(error: unknown, t: Catalogue): string {
  if (!(error instanceof UploadError)) return t.photo.failed;
  if (error.code === 'NETWORK') return t.photo.network;
  if (error.code === 'UNAUTHENTICATED' || error.code === 'RATE_LIMITED') return error.message || t.errors.codes[error.code];
  return error.message || t.photo.failed;
}
