// Headless Chromium: a warm browser goes to the page and takes its screenshot.
//
//     node chromium.mjs FOLDER ROUNDS POSTERS ready|drawn

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { family, familyCpuMs, familyProportionalMib } from "./process.mjs";

const [folder, rounds, posters, scene] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4]), process.argv[5]];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const page = await browser.newPage({ viewport: { width: 1080, height: 1920 } });
const root = browserProcess();

async function poster() {
  await page.goto(`${pathToFileURL(`${folder}/poster.html`).href}?${scene}`);
  await page.evaluate(() => document.fonts.ready);
  return page.screenshot({ type: "jpeg", quality: 90 });
}

/** The browser's first process, found among our children: the library does not tell it. */
function browserProcess() {
  return family(process.pid).find((pid) => pid !== process.pid && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--headless"));
}

for (let warm = 0; warm < 3; warm += 1) await poster();
const cpuMs = [];
let peak = 0;
let picture;
for (let round = 0; round < rounds; round += 1) {
  const before = familyCpuMs(root);
  for (let made = 0; made < posters; made += 1) picture = await poster();
  cpuMs.push((familyCpuMs(root) - before) / posters);
  peak = Math.max(peak, familyProportionalMib(root));
}
writeFileSync(`${folder}/chromium-${scene}.jpg`, picture);
console.log(JSON.stringify({ name: `Chromium ${browser.version()}, warm, goto and screenshot, scene ${scene}`, cpuMs, peakMib: peak }));
await browser.close();
