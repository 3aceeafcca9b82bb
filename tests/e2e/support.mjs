// What the browser tests stand on: a server of their own, the mail folder, the browser, axe, pictures of every page.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
// The packages belong to the web client; the tests live beside the server's.
const require = createRequire(path.join(root, 'web/package.json'));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const photoPath = process.env.HAIBAO_E2E_PHOTO ?? path.join(root, 'tests/fixtures/photos/serum-studio.jpg');
const resultsDir = path.join(root, 'test-results');

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until there is an answer, or fails with what was being waited for. */
export async function until(what, ask, timeoutMs = 30_000, everyMs = 150) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(Date.now() < end, `timed out waiting for ${what}`);
    await pause(everyMs);
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

/** The server under test: one that runs already (HAIBAO_E2E_URL), or one started from HAIBAO_E2E_BIN on a private port and folder. */
export async function openServer() {
  const given = process.env.HAIBAO_E2E_URL;
  if (given) {
    const mailDir = process.env.HAIBAO_E2E_MAIL_DIR;
    assert.ok(mailDir, 'HAIBAO_E2E_URL needs HAIBAO_E2E_MAIL_DIR, the folder with the sign-in mails');
    return { url: given.replace(/\/$/, ''), mailDir, close: async () => {} };
  }
  const binary = process.env.HAIBAO_E2E_BIN;
  assert.ok(binary, 'set HAIBAO_E2E_BIN to the haibao binary, or HAIBAO_E2E_URL and HAIBAO_E2E_MAIL_DIR to a running server');
  const dataDir = mkdtempSync(path.join(tmpdir(), 'haibao-e2e-'));
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  // The tests' own variables are no settings, and the program refuses names that it does not know.
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HAIBAO_E2E_')));
  const child = spawn(path.resolve(binary), ['serve'], {
    cwd: dataDir,
    env: { ...inherited, HAIBAO_DATA_DIR: dataDir, HAIBAO_HTTP__ADDRESS: address, HAIBAO_HTTP__PUBLIC_URL: url, HAIBAO_ENVIRONMENT: 'development' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  const keepLog = (chunk) => {
    log = (log + chunk).slice(-20_000);
  };
  child.stdout.on('data', keepLog);
  child.stderr.on('data', keepLog);
  const answers = () => fetch(`${url}/readyz`).then((response) => response.ok, () => false);
  try {
    await until('the server to be ready', async () => {
      assert.equal(child.exitCode, null, `the server ended at start:\n${log}`);
      return answers();
    }, 60_000);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${error.message}\n${log}`, { cause: error });
  }
  return {
    url,
    mailDir: process.env.HAIBAO_E2E_MAIL_DIR ?? path.join(dataDir, 'mail'),
    log: () => log,
    async close() {
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        const ended = await Promise.race([once(child, 'exit').then(() => true), pause(15_000).then(() => false)]);
        if (!ended) child.kill('SIGKILL');
        assert.ok(ended, 'the server did not end within 15 s of SIGTERM');
      }
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
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

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** One person at one browser: a page that fails the test on any error in its console, and can be looked at. */
export async function visitor(browser, url, profile) {
  const context = await browser.newContext({
    baseURL: url,
    locale: profile.locale,
    colorScheme: profile.colorScheme,
    viewport: profile.viewport,
    reducedMotion: 'reduce',
    ...(profile.mobile && { hasTouch: true, isMobile: true, deviceScaleFactor: 2 }),
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const problems = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));

  const dir = path.join(resultsDir, profile.name);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  let shots = 0;
  async function look(name, fullPage = true) {
    shots += 1;
    await page.screenshot({ path: path.join(dir, `${String(shots).padStart(2, '0')}-${name}.png`), fullPage });
  }

  /** Takes a picture and has axe judge the page: not one violation is let through. */
  async function check(name) {
    await look(name, (await page.locator('dialog[open]').count()) === 0);
    await page.evaluate(axeSource);
    const found = await page.evaluate(() =>
      globalThis.axe
        .run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
        .then(({ violations }) => violations.map((one) => `${one.id}: ${one.help}\n    ${one.nodes.map((node) => `${node.target} ${node.failureSummary}`).join('\n    ')}`)),
    );
    assert.deepEqual(found, [], `axe on ${profile.name}/${name}:\n  ${found.join('\n  ')}`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `${profile.name}/${name} is ${overflow} px wider than the screen`);
  }

  return { context, page, problems, look, check };
}
