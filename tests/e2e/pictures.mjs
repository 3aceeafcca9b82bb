// The pictures of the web client in README.md: real pages of a real run, looked at before they are committed.
// HAIBAO_E2E_BIN=… npm run pictures
import path from 'node:path';
import { openServer, signInCode } from './server.mjs';
import { launch, root, until, visitor } from './support.mjs';

const images = path.join(root, 'docs/images');
const photos = path.join(root, 'tests/fixtures/photos');
const quality = 84;

const works = [
  { photo: 'coffee-pouch.jpg', text: '云南小粒咖啡豆，中度烘焙，焦糖与坚果香气，回甘干净。产地保山，海拔1600米，日晒处理。净含量250 g，单向排气阀锁鲜，烘焙后30天内风味正好。' },
  { photo: 'smartwatch-dark.jpg', text: '山岚智能手表 Pro。1.43英寸AMOLED圆屏，全天候心率与血氧监测，50米防水，续航14天，蓝牙通话。钛合金表壳，重38 g，一年质保。' },
  { photo: 'mug-window.jpg', text: '山止手作粗陶马克杯，1280℃高温烧制，容量380 mL，釉面温润，可入微波炉与洗碗机。' },
  { photo: 'serum-studio.jpg', text: '清屿烟酰胺焕亮精华液，5%高纯烟酰胺搭配双重透明质酸与积雪草，提亮匀净、舒缓泛红。水感质地三秒吸收，不搓泥不黏腻；琥珀避光玻璃瓶。净含量100 mL，pH 5.5，敏感肌可用，保质期36个月。' },
];

async function signIn(server, { page }) {
  await page.goto('/login');
  await page.locator('#email').fill('studio@example.com');
  const sentMs = Date.now();
  await page.locator('#email').press('Enter');
  await page.locator('#code-status', { hasText: '***' }).waitFor();
  await page.locator('#code').fill(await signInCode(server.mailDir, 'studio@example.com', sentMs));
  await page.waitForURL((url) => url.pathname === '/');
}

const painted = (page, selector) => until('the pictures', () => page.locator(selector).evaluateAll((all) => all.length > 0 && all.every((one) => one.complete && one.naturalWidth > 0)));

async function make({ page }, { photo, text }) {
  await page.locator('input[type=file]').setInputFiles(path.join(photos, photo));
  await page.locator('img[src^="data:"]').waitFor();
  await page.locator('#description').fill(text);
  await page.getByTestId('generate').click();
  await page.getByTestId('summary').waitFor({ timeout: 240_000 });
  await painted(page, '[data-testid=tile] img');
}

const server = await openServer({ HAIBAO_BILLING__WELCOME_CREDITS: '200' });
const browser = await launch();
let failed = true;
try {
  const desktop = await visitor(browser, server.url, { name: 'pictures', locale: 'zh-CN', colorScheme: 'light', viewport: { width: 1280, height: 860 } });
  const { page } = desktop;
  await signIn(server, desktop);
  for (const work of works) {
    await make(desktop, work);
    if (work === works[0]) await page.screenshot({ path: path.join(images, 'web-generate.jpg'), quality, type: 'jpeg' });
    await page.getByTestId('again').click();
  }
  await page.goto('/history');
  await painted(page, '[data-testid=work] img');
  await page.getByTestId('work').nth(2).locator('a').first().click();
  await page.getByTestId('row').first().locator('button:has(img)').first().click();
  await painted(page, 'dialog[open] [data-testid=stage] img');
  await page.locator('dialog[open] label:has(input[value=MASKED])').click();
  const box = await page.getByTestId('mask').boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.78);
  await page.mouse.down();
  for (let step = 0; step <= 20; step += 1) await page.mouse.move(box.x + box.width * (0.3 + 0.02 * step), box.y + box.height * (0.78 + 0.02 * Math.sin(step / 2)));
  await page.mouse.up();
  await page.locator('#edit-prompt').fill('换成浅色大理石台面，光线更柔和');
  await page.screenshot({ path: path.join(images, 'web-editor.jpg'), quality, type: 'jpeg' });

  const state = await desktop.context.storageState();
  const phone = await browser.newContext({ baseURL: server.url, storageState: state, locale: 'en-US', colorScheme: 'dark', viewport: { width: 390, height: 844 }, deviceScaleFactor: 1.5, isMobile: true, hasTouch: true });
  const small = await phone.newPage();
  const shots = [];
  for (const [address, ready] of [
    ['/', '#description'],
    ['/history', '[data-testid=work] img'],
    ['/me', '[data-testid=ledger]'],
  ]) {
    await small.goto(address);
    await small.locator(ready).first().waitFor();
    await small.waitForLoadState('networkidle');
    shots.push((await small.screenshot()).toString('base64'));
  }
  const board = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await board.setContent(
    `<body style="margin:0;height:100vh;background:#e7e1d7;display:flex;justify-content:center;align-items:center;gap:36px">${shots.map((shot) => `<img src="data:image/png;base64,${shot}" style="height:820px;border-radius:24px;box-shadow:0 12px 40px rgb(30 20 10/.35)">`).join('')}</body>`,
  );
  await painted(board, 'img');
  await board.screenshot({ path: path.join(images, 'web-phone.jpg'), quality, type: 'jpeg' });
  failed = false;
} finally {
  await browser.close();
  await server.close(failed);
}
