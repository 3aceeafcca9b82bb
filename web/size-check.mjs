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

// Kilobytes (1000 bytes), gzip.
const limits = { login: 113, generate: 122, history: 115, detail: 116, account: 119, css: 12, editor: 18 };

const files = readdirSync(assets);
const weight = new Map(files.map((name) => [name, gzipSync(readFileSync(path.join(assets, name)), { level: 9 }).length / 1000]));
const named = (name) => files.find((file) => new RegExp(`^${name}-[\\w-]{8}\\.(js|css)$`).test(file));

/** A chunk and everything it imports statically. */
function closure(name, found = new Set()) {
  if (!name || found.has(name)) return found;
  found.add(name);
  const code = readFileSync(path.join(assets, name), 'utf8');
  for (const [, imported] of code.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)) closure(imported, found);
  return found;
}

const entry = /src="\/assets\/(index-[\w-]+\.js)"/.exec(readFileSync(path.join(dist, 'index.html'), 'utf8'))?.[1];
const total = (names) => [...names].reduce((sum, name) => sum + (weight.get(name) ?? 0), 0);
const start = closure(entry);

const rows = ['login', 'generate', 'history', 'detail', 'account'].map((page) => [page, total(closure(named(page), new Set(start))), limits[page]]);
const editor = new Set([...closure(named('lightbox'))].filter((name) => !start.has(name) && !closure(named('detail')).has(name)));
rows.push(['editor', total(editor), limits.editor], ['css', total(files.filter((name) => name.endsWith('.css'))), limits.css]);

let failed = 0;
for (const [name, kilobytes, limit] of rows) {
  const over = !(kilobytes <= limit);
  if (over) failed += 1;
  console.log(`${over ? 'TOO HEAVY' : 'ok'} ${name} ${kilobytes.toFixed(1)} of ${limit} kB gzip`);
}
if (failed > 0) process.exit(1);
