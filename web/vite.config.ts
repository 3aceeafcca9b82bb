import path from 'node:path';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { type DocumentNode, print, stripIgnoredCharacters } from 'graphql';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const server = process.env['HAIBAO_DEV_SERVER'] ?? 'http://127.0.0.1:8080';

/** Everything that is not the web client goes to the Rust server, under the server's own origin: it refuses foreign ones. */
const toServer = { target: server, changeOrigin: true, headers: { origin: server } };
const proxy = {
  '/graphql': { ...toServer, ws: true },
  '/uploads': toServer,
  '/files': toServer,
  '/payments': toServer,
  '/samples': toServer,
};

const policy =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/**
 * The generated documents are syntax trees written out: many times their text, even compressed. The browser gets the text, each
 * document and fragment as a module of its own, so that a page brings along only what it asks for.
 */
function documentsAsText(): Plugin {
  const declaration = /^export const (\w+) = (\{"kind":"Document".*\}) as unknown as (DocumentNode<.*>);$/gm;
  const prefix = '\0document:';
  const modules = new Map<string, string>();

  function moduleOf(document: DocumentNode): string {
    const [own, ...fragments] = document.definitions;
    if (!own || fragments.some((one) => one.kind !== 'FragmentDefinition')) throw new Error('a document is one operation or fragment and the fragments it needs');
    const imports = fragments.map((one, at) => `import { ${one.name.value}FragmentDoc as f${at} } from ${JSON.stringify(`${prefix}${one.name.value}FragmentDoc`)};`);
    const texts = [stripIgnoredCharacters(print(own)), ...fragments.map(() => '')];
    return `import { gql } from '@urql/core';\n${imports.join('\n')}\nexport const NAME = /*#__PURE__*/ gql(${[JSON.stringify(texts), ...fragments.map((_, at) => `f${at}`)].join(', ')});`;
  }

  return {
    name: 'documents-as-text',
    enforce: 'pre',
    resolveId: (id) => (id.startsWith(prefix) ? { id, moduleSideEffects: false } : undefined),
    load: (id) => (id.startsWith(prefix) ? modules.get(id.slice(prefix.length)) : undefined),
    transform(code, id) {
      if (!id.endsWith('/src/gql/graphql.ts')) return undefined;
      const short = code.replace(declaration, (_all, name: string, json: string) => {
        modules.set(name, moduleOf(JSON.parse(json) as DocumentNode).replace('NAME', name));
        return `export { ${name} } from ${JSON.stringify(`${prefix}${name}`)};`;
      });
      return { code: short, map: null, moduleSideEffects: false };
    },
  };
}

export default defineConfig({
  plugins: [documentsAsText(), react(), tailwindcss()],
  resolve: { alias: { '@0no-co/graphql.web': path.join(import.meta.dirname, 'src/api/graphql-language.ts') } },
  // Small pictures stay files: inlining them as data URIs would only serve to loosen the content security policy.
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        chunkFileNames: ({ facadeModuleId }) => {
          const words = /\/i18n\/(zh|en)\/(\w+)\.ts$/.exec(facadeModuleId ?? '');
          return words ? `assets/words-${words[1]}-${words[2]}-[hash].js` : 'assets/[name]-[hash].js';
        },
        // What most pages share travels as one file: a request saved, and better compressed than in crumbs.
        codeSplitting: { groups: [{ name: 'shared', minShareCount: 3, test: /\/src\/(?!pages|i18n\/(zh|en)\/|gql|lib\/placeholder)|node_modules\/(?!thumbhash)|document:/ }] },
      },
    },
  },
  server: { proxy },
  // As strict as the server's own pages, so that what breaks there breaks here.
  preview: { proxy, headers: { 'Content-Security-Policy': policy } },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'], setupFiles: ['src/test-setup.ts'], restoreMocks: true, server: { deps: { inline: [/urql/] } } },
});
