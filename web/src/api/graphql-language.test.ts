import { type DocumentNode, parse as parseReference, print as printReference, valueFromASTUntyped as valueReference } from 'graphql';
import { describe, expect, it } from 'vitest';
import { GraphQLError, parse, print, valueFromASTUntyped } from './graphql-language';

const operations = Object.entries(import.meta.glob<string>('./operations/*.graphql', { query: '?raw', import: 'default', eager: true }));

const awkward = `
  query Q($ids: [ID!]! = ["a" , "b\\"}c"], $n: Int=-4, $on: Boolean = true) @once(why: "they said") { # a remark }
    first: node(id: $ids, at: 1.5e3, deep: { list: [1, [2]], none: null, kind: PLAIN }) @include(if: $on) { ... on User @skip(if: false) { id } ...F ... { on } ... @skip(if: $on) { id } }
    plain
  }
  fragment F on Node { id }
  mutation M { go }
  subscription { ticks(every: 0) }
  { bare }
`;

/** The reference reads the text again: two documents are one when it writes them alike. */
const canonical = (text: string): string => printReference(parseReference(text, { noLocation: true }));

/** The only argument of the only field. */
const valueIn = (document: unknown) => (document as { definitions: { selectionSet: { selections: { arguments: { value: never }[] }[] } }[] }).definitions[0]?.selectionSet.selections[0]?.arguments[0]?.value as never;

describe('the small GraphQL reader and writer', () => {
  it.each([...operations, ['awkward', awkward]])('reads %s as graphql-js does', (_name, text) => {
    expect(printReference(parse(text) as unknown as DocumentNode)).toBe(canonical(text));
  });

  it.each([...operations, ['awkward', awkward]])('writes %s so that it says the same', (_name, text) => {
    expect(canonical(print(parseReference(text, { noLocation: true })))).toBe(canonical(text));
    expect(canonical(print(parse(text)))).toBe(canonical(text));
  });

  it('gives values their JavaScript form', () => {
    const text = '{ f(a: { list: [1, 2.5, "x", true, null, KIND], v: $v }) }';
    const variables = { v: 7 };
    expect(valueFromASTUntyped(valueIn(parse(text)), variables)).toEqual(valueReference(valueIn(parseReference(text)), variables));
  });

  it('refuses what breaks off', () => {
    expect(() => parse('{ a { b }')).toThrow(GraphQLError);
    expect(() => parse('query Q($a Int) { a }')).toThrow(GraphQLError);
  });

  it('keeps what the server said about an error', () => {
    const error = new GraphQLError('no', undefined, undefined, undefined, ['viewer', 0], undefined, { code: 'FORBIDDEN' });
    expect([error.message, error.path, error.extensions]).toEqual(['no', ['viewer', 0], { code: 'FORBIDDEN' }]);
  });
});
