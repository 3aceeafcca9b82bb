import { describe, expect, it } from 'vitest';
import { words as zh } from '../i18n/zh/base';
import { UploadError, readUploadAnswer, uploadErrorText } from './upload';

const refusalOf = (status: number, body: string): UploadError => {
  try {
    readUploadAnswer(status, body);
  } catch (error) {
    if (error instanceof UploadError) return error;
  }
  throw new Error('was taken for an upload');
};

describe('readUploadAnswer', () => {
  it('reads an accepted upload', () => {
    const body = '{"id":"upload_1","purpose":"PHOTO","mime":"image/jpeg","width":1600,"height":900,"byteSize":5,"sha256":"ab"}';
    expect(readUploadAnswer(201, body)).toEqual({ id: 'upload_1', width: 1600, height: 900 });
  });

  it('passes on the refusal in the server’s words', () => {
    const refusal = refusalOf(422, '{"error":{"code":"TRUNCATED_IMAGE","message":"图片不完整。"}}');
    expect([refusal.code, uploadErrorText(refusal, zh)]).toEqual(['TRUNCATED_IMAGE', '图片不完整。']);
  });

  it('survives answers that are not the server’s own', () => {
    expect(refusalOf(502, '<html>Bad gateway</html>').code).toBe('HTTP_502');
    expect(refusalOf(413, '').code).toBe('HTTP_413');
    expect(refusalOf(200, '{"id":"upload_1"}').code).toBe('HTTP_200');
    expect(uploadErrorText(refusalOf(502, ''), zh)).toBe(zh.photo.failed);
    expect(uploadErrorText(new UploadError('NETWORK', ''), zh)).toBe(zh.photo.network);
  });
});
