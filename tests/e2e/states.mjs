// The states that a good day does not show: what the server refuses, what does not arrive, what is empty. The answers are put
// into the server's mouth, the pages are the real ones.
import { pause } from './support.mjs';

const refusal = (__typename, code, rest) => ({ __typename, code, message: 'in the words of the server', ...rest });
const rejected = (reason) => ({ signIn: refusal('LoginCodeRejected', 'LOGIN_CODE_REJECTED', { reason, attemptsLeft: reason === 'WRONG' ? 2 : 0 }) });
const inMs = (ms) => new Date(Date.now() + ms).toISOString();

/** The login page, refusal by refusal. Nobody is signed in yet. */
export async function loginStates({ page, check, answering, whileAway }) {
  const open = async (path = '/login') => {
    await page.evaluate(() => sessionStorage.clear());
    await page.goto(path);
    await page.locator('#email').waitFor();
    await page.locator('#email').fill('name@example.com');
  };
  await open('/login?expired=1');
  await check('login-session-ended');

  for (const [name, answer] of [
    ['rate-limited', refusal('RateLimited', 'RATE_LIMITED', { retryAfterSeconds: 42 })],
    ['mail-failed', refusal('MailUnavailable', 'MAIL_UNAVAILABLE')],
  ]) {
    const stop = await answering('SendLoginCode', { sendLoginCode: answer });
    await open();
    await page.locator('#email').press('Enter');
    await page.locator('[role=alert]').waitFor();
    await check(`login-${name}`);
    await stop();
  }

  const sent = { sendLoginCode: { __typename: 'SendLoginCodeSuccess', challengeId: 'challenge_1', expiresAt: inMs(3_600_000), resendAt: inMs(60_000) } };
  for (const [name, reason] of [
    ['expired', 'EXPIRED'],
    ['too-many', 'TOO_MANY_ATTEMPTS'],
  ]) {
    const stops = [await answering('SendLoginCode', sent), await answering('SignIn', rejected(reason))];
    await open();
    await page.locator('#email').press('Enter');
    await page.locator('#code-status', { hasText: '***' }).waitFor();
    await page.locator('#code').fill('246810');
    await page.locator('[role=alert]').waitFor();
    await check(`login-${name}`);
    for (const stop of stops) await stop();
  }

  // A studio that does not answer: the outline first, then what went wrong and a way on.
  let stop = await answering('Studio', 'wait');
  await page.goto('/login');
  await page.locator('[aria-busy=true]').waitFor();
  await pause(500);
  await check('loading');
  await stop();
  stop = await answering('Studio', 'abort');
  await whileAway(async () => {
    await page.goto('/login');
    await page.locator('[role=alert]').waitFor();
    await check('no-network');
  });
  await stop();
  await page.locator('[role=alert] button').click();
  await page.locator('#email').waitFor();
  await page.evaluate(() => sessionStorage.clear());
}

/** The form before anything is made: what it hints, asks for and refuses. */
export async function formStates({ page, check, answering, whileAway }, photoPath) {
  const description = page.locator('#description');
  await page.locator('summary').first().click();
  await page.locator('input[name=visual]').first().waitFor({ state: 'attached' });
  await check('generate-looks');
  await page.locator('summary').first().click();

  await description.fill('全网第一的顶级精华，永久有效。净含量100 mL。');
  await page.locator('form [role=status] li').first().waitFor();
  await check('generate-advertising-hint');
  await description.fill('');

  const none = page.locator('fieldset button').last();
  await none.click();
  await check('generate-none-chosen');
  await page.locator('fieldset button').first().click();

  // A balance that does not reach far enough, and a page that is opened with it.
  let stop = await answering('Viewer', (data) => ({ viewer: { ...data.viewer, wallet: { ...data.viewer.wallet, credits: 28, version: data.viewer.wallet.version + 1 } } }));
  await page.reload();
  await page.locator('a[href="/me?from=draft"]').waitFor();
  await check('generate-short-of-credits');
  await stop();
  await page.reload();
  await description.waitFor();

  await whileAway(async () => {
    await page.route('**/uploads', (route) => route.fulfill({ status: 422, json: { error: { code: 'UNSUPPORTED_IMAGE', message: '无法读取这张图片。' } } }));
    await page.locator('input[type=file]').setInputFiles(photoPath);
    await page.locator('[role=alert]').waitFor();
    await check('generate-photo-refused');
    await page.unroute('**/uploads');
  });
  await page.reload();
  await description.waitFor();

  await page.evaluate(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['x'], 'photo.jpg', { type: 'image/jpeg' }));
    document.dispatchEvent(new DragEvent('dragover', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  });
  await check('generate-dragging');
  await page.reload();
  await description.waitFor();

  stop = await answering('Viewer', 'wait');
  await page.reload();
  await page.locator('[aria-busy=true]').waitFor();
  await stop();
  await page.reload();
  await description.waitFor();
}

/** A page that is not there, the sheet of keys, code that does not arrive. */
export async function oddStates({ profile, page, check, whileAway }) {
  await page.goto('/no/such/page');
  await page.locator('main a.btn').waitFor();
  await check('not-found');
  if (!profile.mobile) {
    await page.keyboard.press('?');
    await page.locator('dialog[open]').waitFor();
    await check('shortcuts');
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
  }
  await page.goto('/history/session_20200101000000_none');
  await page.locator('main a.btn').waitFor();
  await check('detail-gone');
  await whileAway(async () => {
    await page.route('**/assets/account-*.js', (route) => route.abort());
    await page.goto('/me');
    await page.locator('[role=alert] button').waitFor();
    await check('page-failed');
    await page.unroute('**/assets/account-*.js');
  });
}

/** The list while it is asked for, when it cannot be had, and when there is a lot of it. */
export async function historyStates({ page, check, answering }) {
  let stop = await answering('Generations', 'wait');
  await page.goto('/history');
  await page.locator('ul .skeleton').first().waitFor();
  await pause(500);
  await check('history-loading');
  await stop();
  stop = await answering('Generations', 'fail');
  await page.goto('/history');
  await page.locator('[role=alert] button').first().waitFor();
  await check('history-failed');
  await stop();
}

/** Balance, orders and keys as they are when something is missing or waits. */
export async function accountStates(person) {
  const { page, check, answering } = person;
  await page.goto('/me');
  await page.getByTestId('recharge').waitFor();
  await page.locator('label:has(input[name=amount])').last().click();
  await page.locator('#custom-amount').fill('12.5');
  await page.getByTestId('recharge').click();
  await page.locator('[role=alert]').waitFor();
  await check('account-custom-amount');
  await page.locator('#custom-amount').fill('25');
  await page.getByTestId('recharge').click();
  await page.getByTestId('order').locator('.btn-plain').click();
  await page.getByTestId('recharge').waitFor();
  await check('account-order-closed');

  await page.locator('#key-name').scrollIntoViewIfNeeded();
  await page.locator('#key-name').fill('ERP');
  await page.locator('form:has(#key-name) button[type=submit]').click();
  await page.locator('form:has(#key-name) code').waitFor();
  await check('account-key-made');

  await webhooks(person);
  await signIns(person);

  let stop = await answering('Studio', (data) => ({ studio: { ...data.studio, paymentChannels: [] } }));
  await page.goto('/me');
  await page.getByTestId('credits').waitFor();
  await check('account-no-channel');
  await stop();
  stop = await answering('LedgerEntries', 'fail');
  await page.goto('/me');
  await page.locator('[role=alert] button').first().waitFor();
  await check('account-failed');
  await stop();
}

/** A web hook is refused, made, looked into and removed again. */
async function webhooks({ page, check, answering }) {
  const form = page.locator('form:has(#webhook-url)');
  await page.locator('#webhook-url').fill('http://192.168.1.1/haibao');
  await form.locator('button[type=submit]').click();
  await form.locator('[role=alert]').waitFor();
  await page.locator('#webhook-url').fill('https://partner.example.com/haibao');
  await page.locator('#webhook-description').fill('ERP');
  await form.locator('button[type=submit]').click();
  await form.locator('code', { hasText: 'whsec_' }).waitFor();
  const row = page.getByTestId('webhooks').locator('> li');
  await row.waitFor();

  const message = { __typename: 'WebhookDelivery', kind: 'POSTER_SUCCEEDED', createdAt: inMs(-90_000), finishedAt: null, nextAttemptAt: null, payload: '{"type":"poster.succeeded"}', attempts: [] };
  const tried = (outcome, status, durationMs) => ({ __typename: 'WebhookAttempt', at: inMs(-60_000 - durationMs), durationMs, outcome, status });
  const messages = [
    { ...message, id: 'delivery_1', state: 'DELIVERED', finishedAt: inMs(-60_000), attempts: [tried('TIMEOUT', null, 10_000), tried('DELIVERED', 200, 84)] },
    { ...message, id: 'delivery_2', kind: 'ORDER_PAID', state: 'FAILED', finishedAt: inMs(-60_000), attempts: [tried('REFUSED', 503, 120)] },
    { ...message, id: 'delivery_3', kind: 'GENERATION_COMPLETED', state: 'QUEUED', nextAttemptAt: inMs(60_000), attempts: [tried('UNREACHABLE', null, 3_000)] },
  ];
  const stop = await answering('WebhookDeliveries', ({ node }) => ({
    node: { ...node, deliveries: { ...node.deliveries, edges: messages.map((one) => ({ __typename: 'WebhookDeliveryEdge', cursor: one.id, node: one })) } },
  }));
  await row.locator('button[aria-expanded]').click();
  await row.getByTestId('webhook-log').locator('ol').last().waitFor();
  await row.locator('button[aria-label]').last().click();
  await check('account-webhook');
  await row.locator('[role=group] button').first().click();
  await row.waitFor({ state: 'detached' });
  await stop();
}

/** The devices that are signed in, and the account that is about to go. */
async function signIns({ page, check, answering }) {
  const here = { __typename: 'SignInSession', id: 'sign_in_1', createdAt: inMs(-3_600_000), expiresAt: inMs(86_400_000), address: '203.0.113.7', userAgent: 'Mozilla/5.0 (Windows NT 10.0) Chrome/142.0.0.0', isCurrent: true };
  const phone = { ...here, id: 'sign_in_2', address: '2001:db8::7', userAgent: 'Mozilla/5.0 (iPhone) MicroMessenger/8.0', isCurrent: false };
  let stop = await answering('AccountSecurity', ({ viewer }) => ({ viewer: { ...viewer, signInSessions: [here, phone] } }));
  await page.goto('/me');
  const list = page.getByTestId('sign-ins');
  await list.waitFor();
  await page.locator('section:has([data-testid=sign-ins]) section button').click();
  await page.locator('#delete-email').fill('somebody@example.com');
  await page.locator('form:has(#delete-email) button[type=submit]').click();
  await page.locator('form:has(#delete-email) [role=alert]').waitFor();
  await check('account-sign-ins');
  await stop();
  stop = await answering('AccountSecurity', ({ viewer }) => ({ viewer: { ...viewer, deletesAt: inMs(7 * 86_400_000) } }));
  await page.goto('/me');
  await list.waitFor();
  await check('account-going');
  await stop();
}
