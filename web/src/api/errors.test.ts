import { CombinedError } from '@urql/core';
import { describe, expect, it } from 'vitest';
import { words as en } from '../i18n/en/base';
import { words as zh } from '../i18n/zh/base';
import { isSignedOut, problemOf, refusalText } from './errors';

const graphqlError = (extensions: Record<string, unknown>) => new CombinedError({ graphQLErrors: [{ message: 'server words', extensions }] });

describe('problemOf', () => {
  it('says that the network failed when there was no answer', () => {
    expect(problemOf(new CombinedError({ networkError: new TypeError('Failed to fetch') }), zh)).toEqual({ text: zh.errors.network, code: undefined, requestId: undefined });
  });

  it('puts a known code into words of the language', () => {
    expect(problemOf(graphqlError({ code: 'NOT_FOUND', requestId: 'r1' }), en)).toEqual({ text: en.errors.codes.NOT_FOUND, code: 'NOT_FOUND', requestId: undefined });
  });

  it('gives a request id to quote for what nobody expected', () => {
    expect(problemOf(graphqlError({ code: 'INTERNAL', requestId: 'req_7' }), zh).requestId).toBe('req_7');
    const unknown = problemOf(graphqlError({ code: 'A_CODE_OF_TOMORROW', requestId: 'req_8' }), zh);
    expect(unknown).toEqual({ text: zh.errors.unknown, code: 'A_CODE_OF_TOMORROW', requestId: 'req_8' });
  });

  it('does not take a property of every object for a code', () => {
    expect(problemOf(graphqlError({ code: 'constructor' }), zh).text).toBe(zh.errors.unknown);
    expect(problemOf(graphqlError({ code: 42 }), zh).text).toBe(zh.errors.unknown);
  });

  it('recognises a lost sign-in', () => {
    expect(isSignedOut(graphqlError({ code: 'UNAUTHENTICATED' }))).toBe(true);
    expect(isSignedOut(graphqlError({ code: 'FORBIDDEN' }))).toBe(false);
    expect(isSignedOut(new CombinedError({ networkError: new Error('x') }))).toBe(false);
  });
});

describe('refusalText', () => {
  it('names the credits that are missing and the seconds to wait', () => {
    expect(refusalText({ __typename: 'InsufficientCredits', code: 'INSUFFICIENT_CREDITS', message: '', missing: 12 }, zh)).toContain('12');
    expect(refusalText({ __typename: 'RateLimited', code: 'RATE_LIMITED', message: '', retryAfterSeconds: 1 }, en)).toBe('Too many attempts. Try again in 1 second.');
  });

  it('tells a wrong code from an expired one and from too many tries', () => {
    const rejected = { __typename: 'LoginCodeRejected', code: 'LOGIN_CODE_REJECTED', message: '' } as const;
    expect(refusalText({ ...rejected, reason: 'WRONG', attemptsLeft: 4 }, zh)).toBe(zh.errors.loginCode.wrong(4));
    expect(refusalText({ ...rejected, reason: 'EXPIRED', attemptsLeft: 4 }, zh)).toBe(zh.errors.loginCode.expired);
    expect(refusalText({ ...rejected, reason: 'TOO_MANY_ATTEMPTS', attemptsLeft: 0 }, zh)).toBe(zh.errors.loginCode.tooMany);
  });

  it('repeats what the server says about each field', () => {
    const refusal = {
      __typename: 'InvalidInput',
      code: 'INVALID_INPUT',
      message: 'general',
      fields: [
        { path: 'description', code: 'TOO_LONG', message: '描述太长。' },
        { path: 'photoIds', code: 'EMPTY', message: '请上传图片。' },
      ],
    } as const;
    expect(refusalText(refusal, zh)).toBe('描述太长。 请上传图片。');
    expect(refusalText({ ...refusal, fields: [] }, zh)).toBe('general');
  });

  it('falls back to the server’s sentence for a code this client does not know', () => {
    expect(refusalText({ __typename: 'SomethingNew', code: 'SOMETHING_NEW' as never, message: 'As the server says.' }, en)).toBe('As the server says.');
  });
});
