// The main job in a real browser: sign in, one photo in, posters out, live; a reload in the middle; history; top up.
// HAIBAO_E2E_BIN starts a server of its own; HAIBAO_E2E_URL with HAIBAO_E2E_MAIL_DIR uses one that runs.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { launch, openServer, photoPath, signInCode, until, visitor } from './support.mjs';

const generationTimeoutMs = Number(process.env.HAIBAO_E2E_GENERATION_SECONDS ?? 240) * 1000;
const description =
  '清屿烟酰胺焕亮精华液，5%高纯烟酰胺搭配双重透明质酸与积雪草，提亮匀净、舒缓泛红。水感质地三秒吸收，不搓泥不黏腻；琥珀避光玻璃瓶。净含量100 mL，pH 5.5，敏感肌可用，保质期36个月。';

const profiles = [
  { name: 'desktop-zh-light', locale: 'zh-CN', colorScheme: 'light', viewport: { width: 1280, height: 900 }, skip: [1] },
  { name: 'mobile-zh-dark', locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 390, height: 844 }, mobile: true, only: [0, 8] },
  { name: 'desktop-en-dark', locale: 'en-US', colorScheme: 'dark', viewport: { width: 1280, height: 900 }, only: [2] },
];

const graphql = (page, query) =>
  page.evaluate(
    async (text) => (await (await fetch('/graphql', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ query: text }) })).json()).data,
    query,
  );

async function signIn(server, { page, check }, email) {
  await page.goto('/history');
  await page.waitForURL('**/login?next=%2Fhistory');
  await page.locator('#email').waitFor();
  await check('login');
  await page.locator('#email').fill(email);
  const sentMs = Date.now();
  await page.locator('#email').press('Enter');
  await page.locator('#code-status', { hasText: '***' }).waitFor();
  const code = await signInCode(server.mailDir, email, sentMs);

  const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
  await page.locator('#code').fill(wrong);
  await page.locator('[role=alert]').waitFor();
  await check('login-wrong-code');
  // Pasted the way people do; six digits send themselves.
  await page.locator('#code').fill(`${code.slice(0, 3)} ${code.slice(3)}`);
  await page.waitForURL('**/history');
  await page.locator('main a[href="/"]').waitFor();
  await check('history-empty');
}

async function walletOf(page) {
  const { viewer } = await graphql(page, '{ viewer { wallet { credits frozen } } }');
  return viewer.wallet;
}

const settled = '[data-testid=tile]:is([data-state=SUCCEEDED],[data-state=REFUNDED],[data-state=CANCELED])';

async function generate({ page, check, look }, profile, studio) {
  await page.locator('nav:visible a[href="/"]').click();
  await page.locator('#description').waitFor();
  await check('generate-empty');
  const before = await walletOf(page);

  await page.locator('input[type=file]').setInputFiles(photoPath);
  await page.locator('img[src^="data:"]').waitFor();
  await page.locator('#description').fill(description);
  const boxes = page.locator('input[name=dimension]');
  const wanted = studio.dimensions.map(({ index }) => index).filter((index) => (profile.only ? profile.only.includes(index) : !profile.skip.includes(index)));
  for (const { index } of studio.dimensions) await boxes.nth(index).setChecked(wanted.includes(index));
  const price = wanted.length * studio.creditsPerPoster;
  await page.getByText(new RegExp(`${wanted.length} × ${studio.creditsPerPoster} = ${price} `)).waitFor();
  await check('generate-ready');

  // The draft is not lost by a reload, the photo included.
  await page.reload();
  await page.locator('img[src^="data:"]').waitFor();
  assert.equal(await page.locator('#description').inputValue(), description);

  await page.getByTestId('generate').click();
  await page.getByTestId('tile').first().waitFor();
  assert.equal(await page.getByTestId('tile').count(), wanted.length, 'every tile is there at once');
  await look('generate-started');
  await page.locator(settled).first().waitFor({ timeout: generationTimeoutMs });
  await check('generate-running');
  const seen = await page.locator(settled).count();
  await page.reload();
  await page.locator('[data-testid=tile]').first().waitFor();
  assert.equal(await page.getByTestId('tile').count(), wanted.length, 'the tiles are back after a reload');
  assert.ok((await page.locator(settled).count()) >= seen, 'what was done is still done after a reload');

  await page.getByTestId('summary').waitFor({ timeout: generationTimeoutMs });
  assert.equal(await page.locator(settled).count(), wanted.length);
  const succeeded = await page.locator('[data-testid=tile][data-state=SUCCEEDED]').count();
  assert.ok(succeeded > 0, 'no poster succeeded');
  await until('every picture to be painted', () =>
    page.locator('[data-testid=tile][data-state=SUCCEEDED] img').evaluateAll((images) => images.every((image) => image.complete && image.naturalWidth > 0)),
  );
  await check('generate-done');
  const after = await walletOf(page);
  assert.deepEqual(after, { credits: before.credits - succeeded * studio.creditsPerPoster, frozen: 0 });
  await until('the balance in the header', async () => (await page.getByTestId('balance').textContent()).includes(String(after.credits)));

  await page.locator('[data-testid=tile][data-state=SUCCEEDED] button').first().click();
  await page.locator('dialog[open] img').waitFor();
  await until('the large picture', () => page.locator('dialog[open] img').evaluate((image) => image.complete && image.naturalWidth > 0));
  assert.match(page.url(), /poster=\d\d&v=/);
  await check('lightbox');
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  assert.ok(!page.url().includes('poster='));
  return { wanted, succeeded };
}

/** Other words for nothing, then a brushed edit whose mask is looked at pixel by pixel as it leaves the browser. */
async function edit({ page, check }) {
  const row = page.getByTestId('row').first();
  const dialog = page.locator('dialog[open]');
  const way = (value) => dialog.locator(`label:has(input[value=${value}])`).click();
  const before = await walletOf(page);
  await row.locator('button:has(img)').first().click();
  await dialog.locator('img').first().waitFor();

  await way('COPY');
  await page.getByTestId('copy-form').waitFor();
  await check('editor-words');
  await page.getByTestId('copy-form').locator('input.field').first().fill('焕亮新肌');
  await page.getByTestId('copy-submit').click();
  await page.waitForURL('**v=edit0*', { timeout: 120_000 });
  assert.deepEqual(await walletOf(page), before, 'other words cost nothing');

  // What goes out as the mask, kept on its way.
  await page.evaluate(() => {
    const send = XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.send = function keep(body) {
      if (body instanceof FormData && body.get('purpose') === 'MASK') globalThis.sentMask = body.get('file');
      return send.call(this, body);
    };
  });
  await way('MASKED');
  const canvas = page.getByTestId('mask');
  await canvas.waitFor();
  const box = await canvas.boundingBox();
  const at = (x, y) => [box.x + box.width * x, box.y + box.height * y];
  const drag = async (from, to) => {
    await page.mouse.move(...at(...from));
    await page.mouse.down();
    await page.mouse.move(...at(...to), { steps: 8 });
    await page.mouse.up();
  };
  await drag([0.2, 0.3], [0.8, 0.3]);
  await drag([0.2, 0.7], [0.8, 0.7]);
  await page.keyboard.press('Control+z');
  await page.locator('#edit-prompt').fill('模糊');
  // Switching keeps what was typed and painted.
  await way('WHOLE_IMAGE');
  assert.equal(await page.locator('#edit-prompt').inputValue(), '模糊');
  await way('MASKED');
  await check('editor-mask');
  await page.getByTestId('edit-submit').click();
  const mask = await until('the mask to leave', () =>
    page.evaluate(async () => {
      if (!globalThis.sentMask) return undefined;
      const bitmap = await createImageBitmap(globalThis.sentMask);
      const { width, height } = bitmap;
      const context = new OffscreenCanvas(width, height).getContext('2d');
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, width, height);
      const grey = (x, y) => data[(Math.round(y * height) * width + Math.round(x * width)) * 4];
      return { type: globalThis.sentMask.type, width, height, levels: [...new Set(data)].toSorted((a, b) => a - b), painted: grey(0.5, 0.3), undone: grey(0.5, 0.7), bare: grey(0.5, 0.5) };
    }),
  );
  assert.deepEqual(mask, { type: 'image/png', width: 1080, height: 1920, levels: [0, 255], painted: 255, undone: 0, bare: 0 });
  await page.locator('[data-testid=edit-form] :is([role=alert], .text-good)').first().waitFor({ timeout: 120_000 });
  await check('editor-ended');
  const after = await until('nothing to be held any more', async () => {
    const wallet = await walletOf(page);
    return wallet.frozen === 0 ? wallet : undefined;
  });
  const versions = await dialog.locator('input[name=lightbox-version]').count();
  const { studio } = await graphql(page, '{ studio { creditsPerEdit } }');
  assert.equal(after.credits, before.credits - (versions - 2) * studio.creditsPerEdit, 'only an edit that is there has cost something');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });

  // prime first: no way back from it; at the last one no way on.
  const arrows = row.locator('button.rounded-full\\!');
  assert.deepEqual(await arrows.evaluateAll((buttons) => buttons.map((button) => getComputedStyle(button).visibility)), ['hidden', 'visible']);
  for (let step = 1; step < versions; step += 1) await arrows.last().click();
  assert.deepEqual(await arrows.evaluateAll((buttons) => buttons.map((button) => getComputedStyle(button).visibility)), ['visible', 'hidden']);
  await check('detail-edited');
}

async function browseHistory(person, { wanted }) {
  const { page, check } = person;
  await page.locator('#results a[href^="/history/"]').click();
  await page.getByTestId('row').first().waitFor();
  assert.equal(await page.getByTestId('row').count(), wanted.length, 'one row per chosen dimension');
  const path = new URL(page.url()).pathname;
  await check('detail');

  const name = `精华液 ${Date.now() % 10_000}`;
  await page.locator('main').getByRole('button').first().click();
  await page.locator('#product-name').fill(name);
  await check('rename');
  await page.locator('dialog button[type=submit]').click();
  await page.locator('h1', { hasText: name }).waitFor();

  await edit(person);

  const zip = await page.evaluate(async (url) => {
    const response = await fetch(url);
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, magic: String.fromCharCode(bytes[0], bytes[1]), size: bytes.length };
  }, `/files/${path.split('/').pop()}/archive.zip`);
  assert.equal(zip.status, 200);
  assert.equal(zip.magic, 'PK');

  await page.locator('nav:visible a[href="/history"]').click();
  const work = page.getByTestId('work').filter({ hasText: name });
  await work.locator('img').waitFor();
  await check('history');
  await page.locator('input[type=search]').fill('no such product');
  await page.locator('input[type=search]').press('Enter');
  await page.waitForURL('**/history?q=*');
  await page.getByText('no such product', { exact: false }).first().waitFor();
  await page.locator('input[type=search]').fill('');
  await work.waitFor();
}

async function recharge({ context, page, check }, studio) {
  await page.getByTestId('balance').click();
  await page.getByTestId('credits').waitFor();
  await page.getByTestId('ledger').waitFor();
  await check('account');
  const before = Number(await page.getByTestId('credits').textContent());
  const option = studio.rechargeOptions[1] ?? studio.rechargeOptions[0];
  await page.locator('label', { hasText: `¥${option.amountYuan}` }).first().click();
  await page.getByTestId('recharge').click();
  await page.getByTestId('pay').waitFor();
  await check('account-order');
  const [payment] = await Promise.all([context.waitForEvent('page'), page.getByTestId('pay').click()]);
  await payment.waitForLoadState();
  await payment.locator('button, input[type=submit]').first().click();
  await page.locator('[data-testid=order][data-status=PAID]').waitFor();
  await until('the credits to arrive', async () => Number(await page.getByTestId('credits').textContent()) === before + option.credits);
  await payment.close();
  await page.getByTestId('orders').waitFor();
  await check('account-paid');
  await page.locator('main h1 ~ button').click();
  await page.waitForURL('**/login');
  await page.goto('/me');
  await page.waitForURL('**/login?next=%2Fme');
}

async function main() {
  assert.ok(existsSync(photoPath), `the test photo is missing: ${photoPath}`);
  const server = await openServer();
  const browser = await launch();
  const only = process.env.HAIBAO_E2E_PROFILE;
  try {
    for (const profile of profiles.filter(({ name }) => !only || name === only)) {
      const startMs = Date.now();
      const person = await visitor(browser, server.url, profile);
      try {
        await signIn(server, person, `e2e-${profile.name}-${startMs}@example.com`);
        const { studio } = await graphql(person.page, '{ studio { creditsPerPoster dimensions { index } rechargeOptions { amountYuan credits } } }');
        const made = await generate(person, profile, studio);
        await browseHistory(person, made);
        await recharge(person, studio);
        assert.deepEqual(person.problems, [], 'the console stayed clean');
        console.log(`ok ${profile.name}: ${made.succeeded}/${made.wanted.length} posters, ${((Date.now() - startMs) / 1000).toFixed(1)} s`);
      } catch (error) {
        await person.look('failure', false).catch(() => {});
        if (person.problems.length > 0) console.error(`console of ${profile.name}:\n  ${person.problems.join('\n  ')}`);
        throw error;
      } finally {
        await person.context.close();
      }
    }
  } finally {
    await browser.close();
    await server.close();
  }
}

await main();
