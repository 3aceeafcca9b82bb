import { beforeEach, describe, expect, it, vi } from 'vitest';
import { CreateGenerationDocument, DeleteGenerationDocument, GenerationDocument, GenerationsDocument, ViewerDocument } from '../gql/graphql';
import { createApi } from './client';

const id = 'session_20260110143052_a3f2';
const wallet = (credits: number, version: number) => ({ __typename: 'Wallet', credits, frozen: 0, version });
const viewer = (credits: number, version: number) => ({
  viewer: { __typename: 'User', id: 'user_1', email: 'a@example.com', wallet: wallet(credits, version), activeGeneration: null },
});
const summary = { __typename: 'GenerationSummary', total: 1, succeeded: 0, refunded: 0, canceled: 0, creditsCaptured: 0, creditsReleased: 0 };
const generation = {
  __typename: 'Generation',
  id,
  productName: null,
  description: 'x',
  state: 'QUEUED',
  createdAt: '2026-01-10T14:30:52Z',
  finishedAt: null,
  format: 'PORTRAIT_9_16',
  composition: 'TYPESET',
  style: null,
  summary,
  posters: [],
  cover: null,
  lastSeq: '1',
  version: 1,
};
const page = (...nodes: object[]) => ({
  generations: {
    __typename: 'GenerationConnection',
    edges: nodes.map((node) => ({ __typename: 'GenerationEdge', cursor: 'c', node })),
    pageInfo: { __typename: 'PageInfo', hasNextPage: false, endCursor: null },
  },
});

/** The server's answers, by the name of the operation; and how often each was asked for. */
let answers: Record<string, unknown>;
let asked: string[];

beforeEach(() => {
  answers = {};
  asked = [];
  vi.stubGlobal('fetch', (_url: string, init: RequestInit) => {
    const { operationName } = JSON.parse(String(init.body)) as { operationName: string };
    asked.push(operationName);
    const answer = answers[operationName];
    const body = answer instanceof Error ? { errors: [{ message: answer.message, extensions: { code: answer.message } }] } : { data: answer };
    return Promise.resolve(new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json' } }));
  });
});

const open = (onAuthLost = vi.fn<() => void>()) => createApi(() => 'zh-CN', onAuthLost).client;
const input = { idempotencyKey: 'k', photoIds: ['upload_1'], description: 'x', dimensions: [0], format: null, style: null };

describe('the cache', () => {
  it('makes a new generation the active one, and has its balance in the header, without asking again', async () => {
    const client = open();
    answers = { Viewer: viewer(72, 1), CreateGeneration: { createGeneration: { __typename: 'CreateGenerationSuccess', generation, wallet: wallet(68, 2) } } };
    await client.query(ViewerDocument, {});
    await client.mutation(CreateGenerationDocument, { input });
    const { data } = await client.query(ViewerDocument, {});
    expect(data?.viewer?.activeGeneration?.id).toBe(id);
    expect(data?.viewer?.wallet).toEqual({ credits: 68, frozen: 0, version: 2 });
    expect(asked).toEqual(['Viewer', 'CreateGeneration']);
  });

  it('does not let a late answer undo a newer balance', async () => {
    const client = open();
    answers = { Viewer: viewer(72, 5) };
    await client.query(ViewerDocument, {});
    answers = { Viewer: viewer(100, 4) };
    const { data } = await client.query(ViewerDocument, {}, { requestPolicy: 'network-only' });
    expect(data?.viewer?.wallet).toEqual({ credits: 72, frozen: 0, version: 5 });
  });

  it('takes the running generation out of a refusal', async () => {
    const client = open();
    answers = {
      Viewer: viewer(72, 1),
      CreateGeneration: { createGeneration: { __typename: 'GenerationInProgress', code: 'GENERATION_IN_PROGRESS', message: '', generation } },
    };
    await client.query(ViewerDocument, {});
    const refused = await client.mutation(CreateGenerationDocument, { input });
    expect(refused.data?.createGeneration.__typename).toBe('GenerationInProgress');
    expect((await client.query(ViewerDocument, {})).data?.viewer?.activeGeneration?.id).toBe(id);
    const { data } = await client.query(GenerationDocument, { id });
    expect(data?.generation?.description).toBe('x');
    expect(asked).toEqual(['Viewer', 'CreateGeneration']);
  });

  it('keeps a generation that is not there as not there', async () => {
    const client = open();
    answers = { Generation: { generation: null } };
    expect((await client.query(GenerationDocument, { id })).data).toEqual({ generation: null });
    expect((await client.query(GenerationDocument, { id })).data).toEqual({ generation: null });
    expect(asked).toEqual(['Generation']);
  });

  it('asks for the list again after a deletion', async () => {
    const client = open();
    const variables = { first: null, after: null, search: null };
    answers = { Generations: page(generation), DeleteGeneration: { deleteGeneration: { __typename: 'DeleteGenerationSuccess', deletedId: id } } };
    expect((await client.query(GenerationsDocument, variables)).data?.generations.edges).toHaveLength(1);
    await client.mutation(DeleteGenerationDocument, { input: { generationId: id } });
    answers = { Generations: page() };
    expect((await client.query(GenerationsDocument, variables)).data?.generations.edges).toHaveLength(0);
  });

  it('reports lost credentials, and nothing else, as a lost sign-in', async () => {
    const onAuthLost = vi.fn<() => void>();
    const client = open(onAuthLost);
    answers = { Viewer: new Error('INTERNAL') };
    await client.query(ViewerDocument, {}, { requestPolicy: 'network-only' });
    expect(onAuthLost).not.toHaveBeenCalled();
    answers = { Viewer: new Error('UNAUTHENTICATED') };
    await client.query(ViewerDocument, {}, { requestPolicy: 'network-only' });
    expect(onAuthLost).toHaveBeenCalledOnce();
  });
});
