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

/**
 * The generated documents are syntax trees written out: many times their text, even compressed. The browser gets the text,
 * and the parser that the client brings along anyway.
 */
function documentsAsText(): Plugin {
  const tree = /= (\{"kind":"Document".*\}) as unknown as DocumentNode/g;
  return {
    name: 'documents-as-text',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('/src/gql/graphql.ts')) return undefined;
      const short = code.replace(tree, (_all, json: string) => {
        const text = stripIgnoredCharacters(print(JSON.parse(json) as DocumentNode));
        return `= /*#__PURE__*/ gql(${JSON.stringify(text)}) as unknown as DocumentNode`;
      });
      return { code: `import { gql } from '@urql/core';\n${short}`, map: null };
    },
  };
}

export default defineConfig({
  plugins: [documentsAsText(), react(), tailwindcss()],
  // Small pictures stay files: inlining them as data URIs would only serve to loosen the content security policy.
  build: { target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy },
  preview: { proxy },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'], restoreMocks: true },
});
