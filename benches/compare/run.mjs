#!/usr/bin/env node
// What the picture of one 1080×1920 poster costs, made by Haibao and by three usual ways of making
// such pictures, in one run on one machine. Prints a Markdown table; ../README.md tells how to read it.
//
//     node benches/compare/run.mjs --program target/release/haibao
//     --rounds 7      measurements of each, of which the median is told
//     --posters 3     pictures in one measurement of the others
//     --keep FOLDER   leaves the pictures there, to be looked at

import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { loadavg, cpus, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { endedChildrenCpuMs, peakMib } from "./process.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const PHOTO = join(HERE, "../../tests/fixtures/photos/serum-studio.jpg");
const DESCRIPTION = "云雾精华液 30 mL，玻璃滴管瓶，补水保湿，适合敏感肌";
const PYTHON = process.env.PYTHON ?? "python3";
// Each by title, command, script, and whether the backdrop comes as a finished JPEG or is drawn.
const OTHERS = [
  ["Chromium, scene drawn", process.execPath, "chromium.mjs", "drawn"],
  ["Chromium, scene ready", process.execPath, "chromium.mjs", "ready"],
  ["satori, resvg-js and sharp, scene drawn", process.execPath, "satori.mjs", "drawn"],
  ["satori, resvg-js and sharp, scene ready", process.execPath, "satori.mjs", "ready"],
  ["Pillow, scene ready", PYTHON, "pillow.py", "ready"],
];

const { values: options } = parseArgs({
  options: {
    program: { type: "string", default: "target/release/haibao" },
    rounds: { type: "string", default: "7" },
    posters: { type: "string", default: "3" },
    keep: { type: "string" },
  },
});
const program = resolve(options.program);
const rounds = Number(options.rounds);
const folder = options.keep ? resolve(options.keep) : mkdtempSync(join(tmpdir(), "haibao-compare-"));

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs Haibao to its end; tells its processor time and the most memory it had resident. */
async function haibao(...words) {
  const before = endedChildrenCpuMs();
  const child = spawn(program, words, { cwd: folder, env: {}, stdio: ["ignore", "ignore", "pipe"] });
  let [peak, said] = [0, ""];
  child.stderr.setEncoding("utf8").on("data", (part) => (said += part));
  // The high-water mark is gone with the process, so it is read until then.
  const watch = setInterval(() => {
    try {
      peak = Math.max(peak, peakMib(child.pid));
    } catch {
      // It has just ended.
    }
  }, 5);
  const status = await new Promise((settle, fail) => child.on("close", settle).on("error", fail));
  clearInterval(watch);
  if (status !== 0) throw new Error(`${program} ${words[0]} ended with ${status}: ${said}`);
  return { cpuMs: endedChildrenCpuMs() - before, peak };
}

async function render(dimensions) {
  const words = ["--photo", PHOTO, "--description", DESCRIPTION, "--visual", "MAGAZINE", "--typography", "SERIF", "--layout", "STACKED"];
  return haibao("render", ...words, "--dimensions", dimensions, "--out", join(folder, "haibao"));
}

/** Sets of ten and of one in turn, so that a slow minute of the machine meets both. */
async function measureHaibao() {
  const [tens, ones] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    tens.push(await render("0,1,2,3,4,5,6,7,8,9"));
    ones.push(await render("0"));
  }
  const further = tens.map((ten, round) => (ten.cpuMs - ones[round].cpuMs) / 9);
  const most = (runs) => Math.max(...runs.map((run) => run.peak));
  return [
    { name: "**Haibao, each further poster of a set**, scene drawn", cpuMs: further, peakMib: most(tens) },
    { name: "Haibao, a set of ten, start, photo and cut-out included", cpuMs: tens.map((run) => run.cpuMs / 10), peakMib: most(tens) },
    { name: "Haibao, a set of one, all of that for one poster", cpuMs: ones.map((run) => run.cpuMs), peakMib: most(ones) },
  ];
}

/** One of the others, in a process of its own; absence is a row that says so. */
function measureOther(title, command, script, scene) {
  const run = spawnSync(command, [join(HERE, script), folder, options.rounds, options.posters, scene], { encoding: "utf8" });
  if (run.status === 0) return JSON.parse(run.stdout);
  const reason = (run.error?.message ?? run.stderr).trim().split("\n").findLast((line) => /error|cannot|not found/i.test(line));
  return { name: title, missing: (reason ?? `ended with ${run.status}`).replace(/ imported from .*/, "").trim().replaceAll("|", "/").slice(0, 160) };
}

function printTable(results) {
  const base = median(results[0].cpuMs);
  console.log("| Way | CPU ms a poster, median | least to most | times Haibao's further poster | most memory, MiB |");
  console.log("|---|---|---|---|---|");
  for (const { name, cpuMs, peakMib: peak, missing } of results) {
    if (missing) {
      console.log(`| ${name} | not measured: ${missing} | | | |`);
      continue;
    }
    const middle = median(cpuMs);
    const range = `${Math.min(...cpuMs).toFixed(0)}–${Math.max(...cpuMs).toFixed(0)}`;
    console.log(`| ${name} | ${middle.toFixed(0)} | ${range} | ${(middle / base).toFixed(2)} | ${peak.toFixed(0)} |`);
  }
}

mkdirSync(join(folder, "haibao"), { recursive: true });
console.log(`${cpus().length} × ${cpus()[0].model}, load average ${loadavg()[0].toFixed(1)} before, ${rounds} rounds\n`);
const results = await measureHaibao();
await haibao("cutout", "--photo", PHOTO, "--out", join(folder, "cutout.png"));
copyFileSync(join(folder, "haibao/00-prime.plate.jpg"), join(folder, "plate.jpg"));
copyFileSync(join(folder, "haibao/00-prime.jpg"), join(folder, "haibao.jpg"));
copyFileSync(join(HERE, "poster.html"), join(folder, "poster.html"));
const prepared = spawnSync(PYTHON, [join(HERE, "prepare.py"), join(folder, "cutout.png"), folder], { encoding: "utf8" });
if (prepared.status === 0) {
  for (const other of OTHERS) results.push(measureOther(...other));
} else {
  const missing = `no fonts for it, ${(prepared.error?.message ?? prepared.stderr).trim().split("\n").at(-1)}`;
  for (const [name] of OTHERS) results.push({ name, missing });
}
printTable(results);
console.log(`\nload average ${loadavg()[0].toFixed(1)} after`);
if (options.keep) console.log(`pictures: ${folder}/*.jpg`);
else rmSync(folder, { recursive: true });
