// The server under test, on a private port with a folder of its own; it can be killed and started again on the same two.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pause, root, until } from './support.mjs';

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** A child process with the end of what it said. */
function start(command, args, options) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const keep = (chunk) => {
    said = (said + chunk).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return { child, said: () => said };
}

async function ready(url, { child, said }) {
  const answers = () => fetch(url).then((response) => response.ok, () => false);
  try {
    await until(`${url} to answer`, async () => {
      assert.equal(child.exitCode, null, `it ended at start:\n${said()}`);
      return answers();
    }, 60_000);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${error.message}\n${said()}`, { cause: error });
  }
}

async function end({ child }, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit').then(() => true);
  child.kill(signal);
  const inTime = await Promise.race([ended, pause(15_000).then(() => false)]);
  if (!inTime) child.kill('SIGKILL');
  assert.ok(inTime, `the server did not end within 15 s of ${signal}`);
}

/**
 * What an image model will do, poster by poster; the words are those of the server's scripted provider. `hang` never answers,
 * `refused` costs nothing, and everything that is not named is painted.
 */
const scripted = (script) => `[[image_providers]]\nname = "scripted"\nkind = "scripted"\nextra = { script = ${JSON.stringify(script)} }\n`;

/** The server of these tests: one that runs already (HAIBAO_E2E_URL), or one started from HAIBAO_E2E_BIN. */
export async function openServer(settings = {}) {
  const given = process.env.HAIBAO_E2E_URL;
  if (given) {
    const mailDir = process.env.HAIBAO_E2E_MAIL_DIR;
    assert.ok(mailDir, 'HAIBAO_E2E_URL needs HAIBAO_E2E_MAIL_DIR, the folder with the sign-in mails');
    return { url: given.replace(/\/$/, ''), mailDir, own: false, close: async () => {} };
  }
  const binary = process.env.HAIBAO_E2E_BIN;
  assert.ok(binary, 'set HAIBAO_E2E_BIN to the haibao binary, or HAIBAO_E2E_URL and HAIBAO_E2E_MAIL_DIR to a running server');
  const dataDir = mkdtempSync(path.join(tmpdir(), 'haibao-e2e-'));
  const address = `127.0.0.1:${await freePort()}`;
  // The client as it was built last, without building the program again: HAIBAO_E2E_PREVIEW=1.
  const preview = process.env.HAIBAO_E2E_PREVIEW ? await freePort() : undefined;
  const url = preview === undefined ? `http://${address}` : `http://127.0.0.1:${preview}`;
  // The tests' own variables are no settings, and the program refuses names that it does not know.
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HAIBAO_E2E_')));
  const env = { ...inherited, HAIBAO_DATA_DIR: dataDir, HAIBAO_HTTP__ADDRESS: address, HAIBAO_HTTP__PUBLIC_URL: url, HAIBAO_ENVIRONMENT: 'development', HAIBAO_HTTP__SHUTDOWN_GRACE_SECONDS: '5', ...settings };
  let running;
  let front;

  const server = {
    url,
    own: true,
    mailDir: path.join(dataDir, 'mail'),
    log: () => running.said(),
    async start(script) {
      writeFileSync(path.join(dataDir, 'haibao.toml'), script === undefined ? '' : scripted(script));
      running = start(path.resolve(binary), ['serve'], { cwd: dataDir, env });
      await ready(`http://${address}/readyz`, running);
    },
    /** As a power cut would. */
    kill: () => end(running, 'SIGKILL'),
    stop: () => end(running, 'SIGTERM'),
    async close(failed) {
      // After a failure something may still hang on purpose, and the failure is what has to be told.
      await end(running, failed ? 'SIGKILL' : 'SIGTERM');
      if (front) await end(front, 'SIGTERM');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  await server.start();
  if (preview !== undefined) {
    const web = path.join(root, 'web');
    front = start(path.join(web, 'node_modules/.bin/vite'), ['preview', '--host', '127.0.0.1', '--port', String(preview), '--strictPort'], {
      cwd: web,
      env: { ...inherited, HAIBAO_DEV_SERVER: `http://${address}` },
    });
    await ready(url, front);
  }
  return server;
}

function decoded(mail) {
  const blank = mail.search(/\r?\n\r?\n/);
  const body = blank < 0 ? mail : mail.slice(blank);
  if (!/^content-transfer-encoding:\s*base64/im.test(mail)) return body;
  const blocks = body.match(/(?:^[A-Za-z0-9+/]{4,}={0,2}\r?$\n?)+/gm) ?? [];
  return blocks.map((block) => Buffer.from(block.replace(/\s/g, ''), 'base64').toString('utf8')).join('\n');
}

/** The six digits of the newest mail to an address that was not there before. */
export async function signInCode(mailDir, email, sinceMs) {
  return until(`a sign-in code for ${email} in ${mailDir}`, () => {
    if (!existsSync(mailDir)) return undefined;
    const files = readdirSync(mailDir)
      .map((name) => path.join(mailDir, name))
      .map((file) => ({ file, atMs: statSync(file).mtimeMs }))
      .filter(({ file, atMs }) => atMs >= sinceMs - 50 && statSync(file).isFile())
      .toSorted((a, b) => b.atMs - a.atMs);
    for (const { file } of files) {
      const mail = readFileSync(file, 'utf8');
      if (!mail.includes(email)) continue;
      const code = /(?<![\w-])\d{6}(?![\w-])/.exec(decoded(mail));
      if (code) return code[0];
    }
    return undefined;
  });
}
