// Draws the icons and the picture that a shared link shows, out of favicon.svg and the style samples. Run by hand when one of
// them changes (npm run icons); what it writes is committed.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';

const web = import.meta.dirname;
const mark = readFileSync(path.join(web, 'public/favicon.svg'), 'utf8');
const red = /fill="(#[0-9a-f]{6})"/.exec(mark)[1];
const samples = ['magazine', 'tech', 'watercolor', 'vintage', 'cyber', 'organic'].map((style) => {
  const bytes = readFileSync(path.join(web, `../data/assets/samples/visual-${style}.jpg`));
  return `data:image/jpeg;base64,${bytes.toString('base64')}`;
});

const browser = await chromium.launch({ executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });

async function draw(file, width, height, body, options = {}) {
  const page = await browser.newPage({ viewport: { width, height } });
  await page.setContent(`<style>*{margin:0;box-sizing:border-box}body{width:${width}px;height:${height}px;overflow:hidden}svg{display:block}</style>${body}`);
  await page.screenshot({ path: path.join(web, 'public', file), omitBackground: true, ...options });
  await page.close();
}

/** The mark in the middle of a full square, small enough for whatever shape a launcher cuts out. */
const bleeding = (share) => `<div style="background:${red};width:100%;height:100%;display:grid;place-items:center"><div style="width:${share}%">${mark}</div></div>`;

await draw('icon-192.png', 192, 192, mark);
await draw('icon-512.png', 512, 512, mark);
await draw('icon-maskable-512.png', 512, 512, bleeding(78));
await draw('apple-touch-icon.png', 180, 180, bleeding(86));
await draw(
  'social.jpg',
  1200,
  630,
  `<div style="position:relative;width:100%;height:100%;background:#151311;color:#f3efe8;font-family:'Noto Serif CJK SC',serif">
     <div style="position:absolute;left:540px;top:-70px;display:grid;grid-template-columns:repeat(3,230px);gap:22px;transform:rotate(-6deg)">
       ${samples.map((url, at) => `<img src="${url}" style="width:230px;height:307px;object-fit:cover;border-radius:2px;margin-top:${at % 3 === 1 ? 56 : 0}px">`).join('')}
     </div>
     <div style="position:absolute;inset:0 auto 0 0;width:640px;background:linear-gradient(90deg,#151311 78%,transparent)"></div>
     <div style="position:absolute;left:72px;top:150px;width:480px">
       <div style="display:flex;align-items:center;gap:18px;font-size:38px;font-weight:700"><div style="width:64px">${mark}</div>海报 Haibao</div>
       <div style="margin-top:44px;font-size:62px;line-height:1.22;font-weight:700">一张商品图，<br>一套电商海报</div>
       <div style="margin-top:28px;font-size:27px;line-height:1.4;color:#b3aa9c">One product photo,<br>a full set of bilingual posters</div>
     </div>
   </div>`,
  { type: 'jpeg', quality: 82 },
);
await browser.close();
