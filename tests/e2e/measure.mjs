// Figures of the client in a real browser (web/README.md tells what they mean): how long a brush stroke and a live event take
// until they are painted, what a full page of the history weighs, and, where HAIBAO_E2E_LIGHTHOUSE names an installed Lighthouse,
// its scores. Takes minutes and wants a quiet machine, so it is run by hand: HAIBAO_E2E_BIN=… npm run measure.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { openServer, signInCode } from './server.mjs';
import { chromium, launch, launchArguments, photoPath, until, visitor } from './support.mjs';

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const p95 = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)];
const ms = (value) => `${value.toFixed(1)} ms`;

async function signIn(server, { page }, email) {
  await page.goto('/login');
  await page.locator('#email').fill(email);
  const sentMs = Date.now();
  await page.locator('#email').press('Enter');
  await page.locator('#code-status', { hasText: '***' }).waitFor();
  await page.locator('#code').fill(await signInCode(server.mailDir, email, sentMs));
  await page.waitForURL((url) => url.pathname === '/');
}

/** Runs in the page: from the arrival of a poster's event on the socket to the frame after its tile has changed. */
function watchEvents() {
  const arrivals = new Map();
  globalThis.paintedMs = [];
  const add = WebSocket.prototype.addEventListener;
  const heard = (event) => {
    try {
      const seen = JSON.parse(event.data).payload?.data?.generationEvents;
      if (seen?.__typename === 'PosterSucceeded' || seen?.__typename === 'PosterRefunded') arrivals.set(seen.poster.id, performance.now());
    } catch {
      // Not one of ours.
    }
  };
  Object.defineProperty(WebSocket.prototype, 'onmessage', {
    set(listener) {
      add.call(this, 'message', heard);
      add.call(this, 'message', listener);
    },
  });
  new MutationObserver(() => {
    const settled = document.querySelectorAll('[data-testid=tile]:is([data-state=SUCCEEDED],[data-state=REFUNDED])').length;
    if (settled <= globalThis.paintedMs.length || arrivals.size === 0) return;
    const [id, atMs] = [...arrivals][0];
    arrivals.delete(id);
    requestAnimationFrame(() => setTimeout(() => globalThis.paintedMs.push(performance.now() - atMs)));
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'] });
}

async function measureEvents({ page }) {
  await page.addInitScript(watchEvents);
  await page.goto('/');
  await page.locator('input[type=file]').setInputFiles(photoPath);
  await page.locator('img[src^="data:"]').waitFor();
  await page.locator('#description').fill('清屿烟酰胺焕亮精华液，净含量100 mL。');
  await page.getByTestId('generate').click();
  await page.getByTestId('summary').waitFor({ timeout: 240_000 });
  const taken = await page.evaluate(() => globalThis.paintedMs);
  console.log(`event to painted tile: median ${ms(median(taken))}, slowest ${ms(Math.max(...taken))} of ${taken.length} (limit 100 ms)`);
}

/** Runs in the page: paints strokes with the events a pen sends, one frame after the other. */
async function paintStrokes(count) {
  const stage = document.querySelector('[data-testid=stage]');
  const canvas = document.querySelector('[data-testid=mask]');
  const box = canvas.getBoundingClientRect();
  const frame = () => new Promise(requestAnimationFrame);
  const send = (type, x, y) =>
    stage.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerId: 1, pointerType: 'mouse', button: 0, buttons: 1, clientX: box.left + x * box.width, clientY: box.top + y * box.height }));
  stage.setPointerCapture = () => undefined;
  const moves = [];
  const ends = [];
  for (let stroke = 0; stroke < count; stroke += 1) {
    const measured = stroke >= count - 5;
    const y = 0.05 + 0.9 * (stroke / count);
    send('pointerdown', 0.1, y);
    for (let step = 1; step <= (measured ? 30 : 3); step += 1) {
      const startMs = performance.now();
      send('pointermove', 0.1 + (0.8 * step) / (measured ? 30 : 3), y + 0.02 * Math.sin(step));
      // The canvas is drawn when it is read: without this only the order to draw would be timed.
      canvas.getContext('2d').getImageData(0, 0, 1, 1);
      if (measured) moves.push(performance.now() - startMs);
      if (measured) await frame();
    }
    const startMs = performance.now();
    send('pointerup', 0.9, y);
    if (measured) ends.push(performance.now() - startMs);
    await frame();
  }
  return { moves, ends, width: canvas.width, height: canvas.height };
}

async function measureBrush({ page }) {
  await page.locator('[data-testid=tile][data-state=SUCCEEDED] button').first().click();
  await page.locator('dialog[open] label:has(input[value=MASKED])').click();
  await page.getByTestId('mask').waitFor();
  const { moves, ends, width, height } = await page.evaluate(paintStrokes, 200);
  console.log(`brush at ${width}×${height} with 200 strokes: a move ${ms(median(moves))} (95 % under ${ms(p95(moves))}), the end of a stroke ${ms(median(ends))} (one frame is 16.7 ms)`);
  await page.keyboard.press('Escape');
}

/** Makes a page full of works, of one poster each. */
async function fillHistory({ graphql }, count) {
  const { generations } = await graphql('{ generations(first: 1) { edges { node { photos { id } } } } }');
  const photo = generations.edges[0].node.photos[0].id;
  for (let made = 0; made < count; made += 1) {
    const { createGeneration } = await graphql(
      `mutation { createGeneration(input: { idempotencyKey: "measure-${made}", photoIds: ["${photo}"], description: "清屿精华液 ${made}，净含量100 mL。", dimensions: [0] }) { __typename ... on CreateGenerationSuccess { generation { id } } } }`,
    );
    if (createGeneration.__typename !== 'CreateGenerationSuccess') throw new Error(createGeneration.__typename);
    await until('the set', async () => (await graphql('{ viewer { activeGeneration { id } } }')).viewer.activeGeneration === null, 60_000, 300);
  }
}

async function measureHistory(browser, url, state, profile) {
  const context = await browser.newContext({ baseURL: url, storageState: state, ...profile });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  const types = new Map();
  const bytes = {};
  session.on('Network.responseReceived', ({ requestId, type }) => types.set(requestId, type));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const type = types.get(requestId) ?? 'Other';
    bytes[type] = (bytes[type] ?? 0) + encodedDataLength;
  });
  await page.goto('/history');
  await page.getByTestId('work').nth(23).waitFor();
  for (let at = 0; at < 24; at += 1) await page.getByTestId('work').nth(at).scrollIntoViewIfNeeded();
  await until('every cover', () => page.locator('[data-testid=work] img').evaluateAll((images) => images.slice(0, 24).every((image) => image.complete && image.naturalWidth > 0)));
  const images = bytes.Image ?? 0;
  const total = Object.values(bytes).reduce((sum, one) => sum + one, 0);
  console.log(`history of 24 covers, ${profile.name}: pictures ${(images / 1000).toFixed(0)} kB, everything ${(total / 1000).toFixed(0)} kB (limit 500 kB)`);
  await context.close();
}

async function measureLighthouse(url, state) {
  const where = process.env.HAIBAO_E2E_LIGHTHOUSE;
  if (!where) return;
  const { default: lighthouse, desktopConfig } = await import(pathToFileURL(path.join(where, 'core/index.js')).href);
  const runs = Number(process.env.HAIBAO_E2E_LIGHTHOUSE_RUNS ?? 5);
  const profileDir = mkdtempSync(path.join(tmpdir(), 'haibao-lighthouse-'));
  const port = 9_333;
  const browser = await chromium.launchPersistentContext(profileDir, { executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium', args: [...launchArguments, `--remote-debugging-port=${port}`], locale: 'zh-CN' });
  try {
    for (const [form, config] of [
      ['desktop', desktopConfig],
      ['mobile', undefined],
    ]) {
      for (const page of ['/login', '/', '/history', '/me']) {
        await browser.clearCookies();
        if (page !== '/login') await browser.addCookies(state.cookies);
        const scores = [];
        let worst = [];
        for (let run = 0; run < runs; run += 1) {
          const { lhr } = await lighthouse(url + page, { port, disableStorageReset: true, logLevel: 'error', output: 'json' }, config);
          const score = (name) => Math.round((lhr.categories[name]?.score ?? 0) * 100);
          scores.push([score('performance'), score('accessibility'), score('best-practices'), score('seo')]);
          worst = Object.values(lhr.audits)
            .filter((audit) => audit.score !== null && audit.score < 0.9 && audit.scoreDisplayMode !== 'informative')
            .map((audit) => `${audit.id} ${audit.displayValue ?? ''}`);
        }
        const performance = scores.map(([one]) => one);
        const others = [1, 2, 3].map((at) => Math.min(...scores.map((one) => one[at])));
        console.log(`lighthouse ${form} ${page}: performance median ${median(performance)} (${performance.join(' ')}), accessibility ${others[0]}, best practices ${others[1]}, SEO ${others[2]}${worst.length > 0 ? `; last run: ${worst.join('; ')}` : ''}`);
      }
    }
  } finally {
    await browser.close();
    rmSync(profileDir, { recursive: true, force: true });
  }
}

const server = await openServer({ HAIBAO_BILLING__WELCOME_CREDITS: '400' });
const browser = await launch();
let failed = true;
try {
  const person = await visitor(browser, server.url, { name: 'measure', locale: 'zh-CN', colorScheme: 'light', viewport: { width: 1280, height: 900 } });
  await signIn(server, person, 'measure@example.com');
  await measureEvents(person);
  await measureBrush(person);
  await fillHistory(person, 24);
  const state = await person.context.storageState();
  await measureHistory(browser, server.url, state, { name: 'desktop', viewport: { width: 1280, height: 900 } });
  await measureHistory(browser, server.url, state, { name: 'phone', viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true });
  await measureLighthouse(server.url, state);
  failed = false;
} finally {
  await browser.close();
  await server.close(failed);
}
