// What the browser tests stand on: the browser, axe, pictures of every page, answers put in the server's mouth.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
// The packages belong to the web client; the tests live beside the server's.
const require = createRequire(path.join(root, 'web/package.json'));
export const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const photoPath = process.env.HAIBAO_E2E_PHOTO ?? path.join(root, 'tests/fixtures/photos/serum-studio.jpg');
export const resultsDir = path.join(root, 'test-results');

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

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

export const launchArguments = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium',
    headless: true,
    args: launchArguments,
  });
}

const axeRules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What a browser says when the other side is away: expected while a test keeps it away, an error at any other time. */
const awayWords = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection to|status of 5\d\d|ERR_FAILED|dynamically imported module|status of 4\d\d/;

/** Runs in the page: what sticks to an edge of the window would lie across the middle of a picture of the whole page. */
function letGo() {
  globalThis.letGo = [...document.querySelectorAll('header, nav, form *')].filter((one) => ['sticky', 'fixed'].includes(getComputedStyle(one).position));
  for (const one of globalThis.letGo) one.style.position = 'static';
}

function holdOn() {
  for (const one of globalThis.letGo) one.style.position = '';
}

/** Runs in the page, with the person's cookie. */
async function askInPage(query) {
  const response = await fetch('/graphql', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ query }) });
  return (await response.json()).data;
}

/** One person at one browser: a page that fails the test on any error in its console, and can be looked at. */
export async function visitor(browser, url, profile) {
  const context = await browser.newContext({
    baseURL: url,
    locale: profile.locale,
    colorScheme: profile.colorScheme,
    viewport: profile.viewport,
    reducedMotion: 'reduce',
    acceptDownloads: true,
    ...(profile.mobile && { hasTouch: true, isMobile: true, deviceScaleFactor: 2 }),
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const problems = [];
  let away = false;
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    if (away && awayWords.test(message.text())) return;
    problems.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  // A violation that is only reported would not stand in the console.
  await page.exposeFunction('reportPolicyViolation', (text) => problems.push(`content security policy: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => globalThis.reportPolicyViolation(`${event.violatedDirective} ${event.blockedURI}`));
  });

  const dir = path.join(resultsDir, profile.name);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  let shots = 0;
  async function look(name, fullPage = true) {
    shots += 1;
    const file = path.join(dir, `${String(shots).padStart(2, '0')}-${name}.png`);
    if (fullPage) await page.evaluate(letGo);
    await page.screenshot({ path: file, fullPage });
    if (fullPage) await page.evaluate(holdOn);
  }

  async function judge(name, scheme) {
    await page.evaluate(axeSource);
    const found = await page.evaluate(
      (runOnly) =>
        globalThis.axe
          .run(document, { runOnly })
          .then(({ violations }) => violations.map((one) => `${one.id}: ${one.help}\n    ${one.nodes.map((node) => `${node.target} ${node.failureSummary}`).join('\n    ')}`)),
      axeRules,
    );
    assert.deepEqual(found, [], `axe on ${profile.name}/${name} (${scheme}):\n  ${found.join('\n  ')}`);
  }

  /** Turns the lights on or off, and waits until the page has seen it: axe must not meet colours of both. */
  async function inScheme(scheme) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.waitForFunction((wanted) => matchMedia(`(prefers-color-scheme: ${wanted})`).matches, scheme);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    // Buttons fade from one colour to the other. A transition that has ended may stay in the list until the page is next laid out.
    await page.waitForFunction(() => !document.getAnimations().some((one) => one instanceof CSSTransition && one.playState !== 'finished'));
  }

  /** Takes a picture and has axe judge the page in light and in dark: not one violation is let through. */
  async function check(name) {
    await look(name, (await page.locator('dialog[open]').count()) === 0);
    const other = profile.colorScheme === 'light' ? 'dark' : 'light';
    await judge(name, profile.colorScheme);
    await inScheme(other);
    await judge(name, other);
    await inScheme(profile.colorScheme);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `${profile.name}/${name} is ${overflow} px wider than the screen`);
  }

  /**
   * Has the server answer one operation as told, so many times or until the returned function is called: `answer` is the data,
   * or changes the real one, or says `abort`, `fail` or `wait`.
   */
  async function answering(operation, answer, times = Infinity) {
    let left = times;
    const handler = async (route) => {
      if (left === 0 || route.request().postDataJSON()?.operationName !== operation) return route.fallback();
      left -= 1;
      if (answer === 'abort') return route.abort();
      if (answer === 'wait') return undefined;
      if (answer === 'fail') return route.fulfill({ json: { errors: [{ message: 'internal', extensions: { code: 'INTERNAL', requestId: 'req_7f3a21' } }] } });
      if (typeof answer !== 'function') return route.fulfill({ json: { data: answer } });
      const response = await route.fetch();
      const body = await response.json();
      return route.fulfill({ response, json: { ...body, data: await answer(body.data) } });
    };
    await page.route('**/graphql', handler);
    return () => page.unroute('**/graphql', handler);
  }

  /** While `task` runs, the server may be away: the browser's own words about that are no errors of ours. */
  async function whileAway(task) {
    away = true;
    try {
      return await task();
    } finally {
      away = false;
    }
  }

  return { profile, context, page, problems, look, check, answering, whileAway, graphql: (query) => page.evaluate(askInPage, query) };
}
