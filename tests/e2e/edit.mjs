// Edits of one poster: other words, and a painted region whose mask is looked at pixel by pixel as it leaves the browser.
import assert from 'node:assert/strict';
import { pause, until } from './support.mjs';

/** Other words for nothing, a brushed edit whose mask is looked at pixel by pixel, a wish that is refused, and the whole picture. */
export async function edit(person, walletOf) {
  const { page, check, graphql } = person;
  const row = page.getByTestId('row').first();
  const dialog = page.locator('dialog[open]');
  const way = (value) => dialog.locator(`label:has(input[value=${value}])`).click();
  const before = await walletOf(person);
  await row.locator('button:has(img)').first().click();
  await dialog.locator('img').first().waitFor();

  await way('COPY');
  await page.getByTestId('copy-form').waitFor();
  await check('editor-words');
  await page.getByTestId('copy-form').locator('input.field').first().fill('焕亮新肌');
  await page.getByTestId('copy-submit').click();
  await page.waitForURL('**v=edit0*', { timeout: 120_000 });
  assert.deepEqual(await walletOf(person), before, 'other words cost nothing');

  await way('MASKED');
  const canvas = page.getByTestId('mask');
  await canvas.waitFor();
  // The tools have come with the canvas and take their room from it: nobody paints on a picture that is still moving.
  let box;
  await until('the canvas to lie still', async () => {
    const earlier = box;
    box = await canvas.boundingBox();
    return ['x', 'y', 'width', 'height'].every((side) => earlier?.[side] === box[side]);
  });
  const at = (x, y) => [box.x + box.width * x, box.y + box.height * y];
  const drag = async (from, to) => {
    await page.mouse.move(...at(...from));
    await page.mouse.down();
    await page.mouse.move(...at(...to), { steps: 8 });
    await page.mouse.up();
  };
  // Over the label of the bottle, where a blur is plain to see; the second stroke is taken back.
  await drag([0.2, 0.62], [0.8, 0.62]);
  await drag([0.2, 0.3], [0.8, 0.3]);
  await page.keyboard.press('Control+z');
  await page.locator('#edit-prompt').fill('模糊');
  // Switching keeps what was typed and painted.
  await way('WHOLE_IMAGE');
  assert.equal(await page.locator('#edit-prompt').inputValue(), '模糊');
  await way('MASKED');
  await check('editor-mask');
  // What was typed and painted outlives the page, the steps that can be taken back included.
  await pause(800);
  await page.reload();
  await canvas.waitFor();
  await until('the prompt to be back', async () => (await page.locator('#edit-prompt').inputValue()) === '模糊');
  await until('the mask to be back', () => page.getByTestId('edit-submit').isEnabled());
  // What goes out as the mask, kept on its way.
  await page.evaluate(() => {
    const send = XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.send = function keep(body) {
      if (body instanceof FormData && body.get('purpose') === 'MASK') globalThis.sentMask = body.get('file');
      return send.call(this, body);
    };
  });
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
      return { type: globalThis.sentMask.type, width, height, levels: [...new Set(data)].toSorted((a, b) => a - b), painted: grey(0.5, 0.62), undone: grey(0.5, 0.3), bare: grey(0.5, 0.45) };
    }),
  );
  assert.deepEqual(mask, { type: 'image/png', width: 1080, height: 1920, levels: [0, 255], painted: 255, undone: 0, bare: 0 });
  const form = dialog.getByTestId('edit-form');
  const done = form.locator('.text-good');
  await page.waitForURL('**v=edit1*', { timeout: 120_000 });
  await done.waitFor();
  await check('editor-ended');

  // What cannot be done costs nothing, and says what can.
  await way('WHOLE_IMAGE');
  await page.locator('#edit-prompt').fill('帮我订一张去巴黎的机票');
  await page.getByTestId('edit-submit').click();
  await form.getByRole('alert').waitFor({ timeout: 120_000 });
  await check('editor-refused');

  // The whole picture, from the one that the brush has made.
  await page.locator('#edit-prompt').fill('黑金配色');
  await page.getByTestId('edit-submit').click();
  await page.waitForURL('**v=edit2*', { timeout: 120_000 });
  await done.waitFor();
  await check('editor-whole');

  const after = await until('nothing to be held any more', async () => {
    const wallet = await walletOf(person);
    return wallet.frozen === 0 ? wallet : undefined;
  });
  const versions = await dialog.locator('input[name=lightbox-version]').count();
  assert.equal(versions, 4, 'prime, other words, the brush, the whole picture');
  const { studio } = await graphql('{ studio { creditsPerEdit } }');
  assert.equal(after.credits, before.credits - 2 * studio.creditsPerEdit, 'two edits have cost something, words and a refusal nothing');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });

  // prime first: no way back from it; at the last one no way on.
  const arrows = row.locator('button.rounded-full\\!');
  assert.deepEqual(await arrows.evaluateAll((buttons) => buttons.map((button) => getComputedStyle(button).visibility)), ['hidden', 'visible']);
  for (let step = 1; step < versions; step += 1) await arrows.last().click();
  assert.deepEqual(await arrows.evaluateAll((buttons) => buttons.map((button) => getComputedStyle(button).visibility)), ['visible', 'hidden']);
  await check('detail-edited');
}
