import type { CombinedError } from '@urql/core';
import type { ErrorCode } from '../gql/graphql';
import type { Catalogue } from '../i18n';

/** What a person is told about a failure: a sentence, and for the unexpected an id to quote to whoever runs the server. */
export interface Problem {
  text: string;
  code: string | undefined;
  requestId: string | undefined;
}

/** Any typed refusal of the API, as far as telling about it goes. */
export interface Refusal {
  __typename: string;
  code: ErrorCode;
  message: string;
  missing?: number;
  retryAfterSeconds?: number;
  fields?: readonly { path: string; code: string; message: string }[];
  attemptsLeft?: number;
  reason?: 'WRONG' | 'EXPIRED' | 'TOO_MANY_ATTEMPTS';
}

function isKnown(codes: Catalogue['errors']['codes'], code: string | undefined): code is ErrorCode {
  return code !== undefined && Object.hasOwn(codes, code);
}

export function isSignedOut(error: CombinedError): boolean {
  return error.graphQLErrors.some((graphQLError) => graphQLError.extensions['code'] === 'UNAUTHENTICATED');
}

/** A network failure, or an error outside the typed refusals. */
export function problemOf(error: CombinedError, t: Catalogue): Problem {
  const first = error.graphQLErrors[0];
  if (!first) return { text: t.errors.network, code: undefined, requestId: undefined };
  const code = typeof first.extensions['code'] === 'string' ? first.extensions['code'] : undefined;
  const requestId = typeof first.extensions['requestId'] === 'string' ? first.extensions['requestId'] : undefined;
  if (isKnown(t.errors.codes, code)) return { text: t.errors.codes[code], code, requestId: code === 'INTERNAL' ? requestId : undefined };
  return { text: t.errors.unknown, code, requestId };
}

/** A typed refusal; where the client has words and figures of its own they win over the server's sentence. */
export function refusalText(refusal: Refusal, t: Catalogue): string {
  switch (refusal.__typename) {
    case 'InsufficientCredits':
      return t.errors.insufficient(refusal.missing ?? 0);
    case 'RateLimited':
      return t.errors.rateLimited(refusal.retryAfterSeconds ?? 1);
    case 'LoginCodeRejected':
      if (refusal.reason === 'EXPIRED') return t.errors.loginCode.expired;
      if (refusal.reason === 'TOO_MANY_ATTEMPTS') return t.errors.loginCode.tooMany;
      return t.errors.loginCode.wrong(refusal.attemptsLeft ?? 0);
    case 'InvalidInput':
      return refusal.fields?.length ? refusal.fields.map((field) => field.message).join(' ') : refusal.message;
    default:
      return isKnown(t.errors.codes, refusal.code) ? t.errors.codes[refusal.code] : refusal.message;
  }
}
