// What a browser has to fetch before a page can be used, compressed: fails where a change has made it heavier than agreed.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const dist = path.join(import.meta.dirname, 'dist');
const assets = path.join(dist, 'assets');
if (!existsSync(path.join(dist, 'index.html'))) {
  console.log('size check: dist/ has not been built, nothing to weigh');
  process.exit(0);
}

// Kilobytes (1000 bytes), gzip. A page is all the code it needs and its words, in the heavier of the two languages.
const page = 110;
const limits = { login: page, generate: page, history: page, detail: page, account: page, editor: 18, css: 12 };

const files = readdirSync(assets);
const weight = new Map(files.map((name) => [name, gzipSync(readFileSync(path.join(assets, name)), { level: 9 }).length / 1000]));
const named = (name) => files.find((file) => new RegExp(`^${name}-[\\w-]{8}\\.(js|css)$`).test(file));

/** A chunk and everything it imports statically. */
function closure(name, found = new Set()) {
  if (!name) throw new Error('a chunk is missing: has it been renamed?');
  if (found.has(name)) return found;
  found.add(name);
  const code = readFileSync(path.join(assets, name), 'utf8');
  for (const [, imported] of code.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)) closure(imported, found);
  return found;
}

const entry = /src="\/assets\/(index-[\w-]+\.js)"/.exec(readFileSync(path.join(dist, 'index.html'), 'utf8'))?.[1];
const total = (names) => [...names].reduce((sum, name) => sum + (weight.get(name) ?? Number.NaN), 0);
const start = closure(entry);

/** The words of every page and of one part; a page without a part of its own has only the former. */
const wordsOf = (...parts) => Math.max(...['zh', 'en'].map((locale) => total(parts.map((part) => named(`words-${locale}-${part}`)))));

const pages = { login: ['base', 'login'], generate: ['base', 'generate'], history: ['base'], detail: ['base', 'detail'], account: ['base', 'account'] };
const rows = Object.entries(pages).map(([name, parts]) => [name, total(closure(named(name), new Set(start))) + wordsOf(...parts)]);
const opened = closure(named('detail'));
const editor = [...closure(named('lightbox'))].filter((name) => !start.has(name) && !opened.has(name));
rows.push(['editor', total(editor) + wordsOf('editor')], ['css', total(files.filter((name) => name.endsWith('.css')))]);

let failed = 0;
for (const [name, kilobytes] of rows) {
  const limit = limits[name];
  const over = !(kilobytes <= limit);
  if (over) failed += 1;
  console.log(`${over ? 'TOO HEAVY' : 'ok'} ${name} ${kilobytes.toFixed(1)} of ${limit} kB gzip`);
}
if (failed > 0) process.exit(1);
