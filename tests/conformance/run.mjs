// Other people's judges of a GraphQL server, on the real program: the audits of the `graphql-http` package over HTTP,
// and the `graphql-ws` client on a whole run of posters. CONFORMANCE_BIN names the program.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { auditServer } from 'graphql-http';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const AUDITS = 61;
const PATIENCE_MS = 240_000;
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const binary = process.env.CONFORMANCE_BIN;
assert.ok(binary, 'set CONFORMANCE_BIN to the haibao program');

async function until(what, ask) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(Date.now() < end, `waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

const folder = mkdtempSync(path.join(tmpdir(), 'haibao-conformance-'));
const address = `127.0.0.1:${await freePort()}`;
const url = `http://${address}`;
const server = spawn(path.resolve(binary), ['serve'], {
  cwd: folder,
  env: { ...process.env, HAIBAO_DATA_DIR: path.join(folder, 'data'), HAIBAO_HTTP__ADDRESS: address, HAIBAO_OBSERVABILITY__LOG: 'warn' },
  stdio: ['ignore', 'ignore', 'inherit'],
});

let token;
async function ask(query, variables) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await (await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })).json();
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  return answer.data;
}

async function httpAudits() {
  const results = await auditServer({ url: `${url}/graphql` });
  const failed = results.filter((result) => result.status !== 'ok');
  for (const { id, name, status, reason } of failed) console.error(`  ${status} ${id} ${name}: ${reason}`);
  console.log(`graphql-http: ${results.length - failed.length} of ${results.length} audits`);
  assert.equal(results.length, AUDITS, 'the package has the audits that we know of');
  assert.equal(failed.length, 0);
}

async function signIn(email) {
  const { sendLoginCode } = await ask('mutation($e: String!) { sendLoginCode(input: { email: $e }) { ... on SendLoginCodeSuccess { challengeId } } }', { e: email });
  const mails = path.join(folder, 'data/mail');
  const code = await until('the code', () => {
    if (!existsSync(mails)) return undefined;
    const mail = readdirSync(mails).map((name) => readFileSync(path.join(mails, name), 'utf8')).find((text) => text.includes(email));
    return mail && /^\s*(\d{6})\s*$/m.exec(mail)?.[1];
  });
  const { signIn: signed } = await ask('mutation($i: SignInInput!) { signIn(input: $i) { ... on SignInSuccess { accessToken } } }', { i: { email, code, challengeId: sendLoginCode.challengeId } });
  return signed.accessToken;
}

async function upload() {
  const form = new FormData();
  form.set('purpose', 'PHOTO');
  form.set('file', new Blob([readFileSync(path.join(root, 'tests/fixtures/photos/succulent-small.jpg'))]), 'photo.jpg');
  const answer = await fetch(`${url}/uploads`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: form });
  assert.equal(answer.status, 201, await answer.clone().text());
  return (await answer.json()).id;
}

const EVENTS = 'subscription($id: ID!, $after: ID) { generationEvents(generationId: $id, after: $after) { __typename seq } }';

/** The events after a number, up to a limit or until the server completes. */
async function events(client, id, after, limit = Infinity) {
  const seen = [];
  for await (const { data, errors } of client.iterate({ query: EVENTS, variables: { id, after } })) {
    assert.equal(errors, undefined, JSON.stringify(errors));
    seen.push(data.generationEvents);
    if (seen.length >= limit) break;
  }
  return seen;
}

async function sockets() {
  token = await signIn('conformance@example.com');
  const input = { idempotencyKey: 'conformance', photoIds: [await upload()], description: '手作粗陶马克杯，容量380 mL', dimensions: [0, 8], format: 'SQUARE_1_1' };
  const created = await ask('mutation($i: CreateGenerationInput!) { createGeneration(input: $i) { __typename ... on CreateGenerationSuccess { generation { id } } ... on UserError { message } } }', { i: input });
  const { id } = created.createGeneration.generation ?? assert.fail(JSON.stringify(created));
  const client = createClient({ url: `ws://${address}/graphql`, webSocketImpl: WebSocket, connectionParams: { authorization: `Bearer ${token}` }, retryAttempts: 0 });

  // Left in the middle and taken up again: nothing is lost, nothing comes twice.
  const first = await events(client, id, '0', 3);
  const rest = await events(client, id, first.at(-1).seq);
  const all = [...first, ...rest];
  assert.deepEqual(all.map(({ seq }) => Number(seq)), all.map((_, index) => index + 1), 'dense');
  assert.equal(all[0].__typename, 'GenerationQueued');
  assert.equal(all.at(-1).__typename, 'GenerationCompleted');
  assert.equal(all.filter(({ __typename }) => __typename === 'PosterSucceeded').length, 2);
  assert.deepEqual(await events(client, id, '0'), all, 'a late subscriber sees the same');

  // Eight at once on one socket.
  const many = await Promise.all(Array.from({ length: 8 }, () => events(client, id, '0')));
  for (const seen of many) assert.deepEqual(seen, all);
  await client.dispose();

  const stranger = createClient({ url: `ws://${address}/graphql`, webSocketImpl: WebSocket, connectionParams: { authorization: 'Bearer nonsense' }, retryAttempts: 0, lazyCloseTimeout: 0 });
  const refused = await events(stranger, id, '0').then(() => undefined, (reason) => reason);
  assert.equal(refused?.code, 4403, 'a wrong token is refused by its close code');
  console.log(`graphql-ws: ${all.length} events, replayed, resumed and shared`);
}

let ended;
server.once('exit', (code, signal) => (ended = code ?? signal));
try {
  await until('the server', () => {
    assert.equal(ended, undefined, 'the server ended at the start');
    return fetch(`${url}/readyz`).then((answer) => answer.ok, () => false);
  });
  await httpAudits();
  await sockets();
} finally {
  if (ended === undefined) {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
}
assert.equal(ended, 0, 'the server ends well when asked to');
