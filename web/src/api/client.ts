import { type Client, createClient, fetchExchange, mapExchange, subscriptionExchange } from '@urql/core';
import { type Cache, type KeyGenerator, cacheExchange } from '@urql/exchange-graphcache';
import { ProductNameFieldsFragmentDoc } from '../gql/graphql';
import { possibleTypes } from '../gql/possible-types';
import { posterOf } from '../lib/ids';
import { type Socket, createSocketClient } from './connection';
import { isSignedOut } from './errors';
import { type VersionMemory, keepNewest } from './version-guard';

export interface Api {
  client: Client;
  socket: Socket;
}

const embedded: KeyGenerator = () => null;

function versionGuard(memory: VersionMemory) {
  return mapExchange({ onResult: (result) => (result.data ? { ...result, data: keepNewest(memory, result.data) } : result) });
}

function setActiveGeneration(cache: Cache, id: string | null): void {
  const viewer = cache.resolve('Query', 'viewer');
  if (typeof viewer === 'string') cache.link(viewer, 'activeGeneration', id === null ? null : { __typename: 'Generation', id });
}

function forgetLists(cache: Cache, ...fields: string[]): void {
  for (const field of cache.inspectFields('Query')) {
    if (fields.includes(field.fieldName)) cache.invalidate('Query', field.fieldName, field.arguments);
  }
}

interface Payload {
  __typename: string;
  generation?: { id: string };
  deletedId?: string;
}

const payloadOf = (result: Record<string, unknown>, field: string): Payload | undefined => result[field] as Payload | undefined;

function generationStarted(result: Record<string, unknown>, field: string, cache: Cache): void {
  const payload = payloadOf(result, field);
  if (!payload?.generation) return;
  // A refusal because of a running task tells which one it is: that is then the active one.
  setActiveGeneration(cache, payload.generation.id);
  if (payload.__typename === 'CreateGenerationSuccess') forgetLists(cache, 'generations', 'ledgerEntries');
}

const normalisedCache = () =>
  cacheExchange({
    possibleTypes,
    keys: {
      Wallet: () => 'own',
      Dimension: (dimension) => String(dimension['index']),
      Studio: embedded,
      RevisionNote: embedded,
      CopyLine: embedded,
      ReadyMask: embedded,
      ExportMarket: (market) => String(market['code']),
      VisualStyle: embedded,
      TypographyStyle: embedded,
      BilingualLayout: embedded,
      Composition: embedded,
      GenerationStyle: embedded,
      PosterFormat: embedded,
      RechargeOption: embedded,
      PaymentChannel: embedded,
      PaymentInstructions: embedded,
      Limits: embedded,
      SignInPolicy: embedded,
      GenerationSummary: embedded,
      Failure: embedded,
      GenerationConnection: embedded,
      GenerationEdge: embedded,
      OrderConnection: embedded,
      OrderEdge: embedded,
      LedgerEntryConnection: embedded,
      LedgerEntryEdge: embedded,
      WebhookAttempt: embedded,
      WebhookDeliveryConnection: embedded,
      WebhookDeliveryEdge: embedded,
      PageInfo: embedded,
    },
    resolvers: {
      Query: {
        // A generation already met (in a list, in a mutation's answer) is painted before the network answers.
        generation: (_parent, args, cache) => {
          const linked = cache.resolve('Query', 'generation', args);
          return linked === undefined ? { __typename: 'Generation', id: String(args['id']) } : (linked as string | null);
        },
      },
    },
    updates: {
      Mutation: {
        createGeneration: (result, _args, cache) => generationStarted(result, 'createGeneration', cache),
        retryPoster: (result, _args, cache) => generationStarted(result, 'retryPoster', cache),
        deleteGeneration: (result, _args, cache) => {
          const id = payloadOf(result, 'deleteGeneration')?.deletedId;
          if (!id) return;
          forgetLists(cache, 'generations');
          cache.invalidate({ __typename: 'Generation', id });
        },
        createEdit: (result, args, cache) => {
          const payload = result['createEdit'] as { __typename: string; edit?: { id: string } } | undefined;
          if (!payload?.edit) return;
          // A refusal because of another edit names that one: it is then the active one.
          const { baseRevisionId } = args['input'] as { baseRevisionId: string };
          cache.link({ __typename: 'Poster', id: posterOf(baseRevisionId) }, 'activeEdit', { __typename: 'Edit', id: payload.edit.id });
          forgetLists(cache, 'ledgerEntries');
        },
        setCover: (_result, _args, cache) => forgetLists(cache, 'generations'),
        createApiKey: (_result, _args, cache) => forgetLists(cache, 'apiKeys'),
        createOrder: (_result, _args, cache) => forgetLists(cache, 'orders'),
      },
      Subscription: {
        generationEvents: (result, _args, cache) => {
          const event = result['generationEvents'] as { __typename: string; generationId: string; productName?: string };
          if (event.__typename === 'EditSucceeded' || event.__typename === 'EditRefunded') forgetLists(cache, 'generations', 'ledgerEntries');
          if (event.__typename === 'GenerationCompleted') {
            setActiveGeneration(cache, null);
            forgetLists(cache, 'generations', 'ledgerEntries');
          } else if (event.__typename === 'ProductNamed' && event.productName) {
            // A repeated event must not undo a name that a person has given since.
            const generation = { __typename: 'Generation' as const, id: event.generationId };
            if (cache.resolve(generation, 'productName') === null) {
              cache.writeFragment(ProductNameFieldsFragmentDoc, { ...generation, productName: event.productName });
            }
          }
        },
      },
    },
  });

/** One per signed-in person: signing in or out makes a new one, so nothing of the person before stays behind. */
export function createApi(language: () => string, onAuthLost: () => void): Api {
  const socket = createSocketClient(onAuthLost);
  const client = createClient({
    url: '/graphql',
    preferGetMethod: false,
    fetchOptions: () => ({
      credentials: 'same-origin',
      headers: { 'Accept-Language': language(), 'GraphQL-Require-Preflight': '1' },
    }),
    exchanges: [
      mapExchange({
        onError: (error) => {
          if (isSignedOut(error)) onAuthLost();
        },
      }),
      normalisedCache(),
      versionGuard(new Map()),
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe({ query: request.query ?? '', variables: request.variables as Record<string, unknown> }, sink),
          }),
        }),
      }),
      fetchExchange,
    ],
  });
  return { client, socket };
}
