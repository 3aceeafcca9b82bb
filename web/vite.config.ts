import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = process.env['HAIBAO_DEV_SERVER'] ?? 'http://127.0.0.1:8080';

/** Everything that is not the web client goes to the Rust server, under the server's own origin: it refuses foreign ones. */
const toServer = { target: server, changeOrigin: true, headers: { origin: server } };

export default defineConfig({
  plugins: [react(), tailwindcss()],
  // Small pictures stay files: inlining them as data URIs would only serve to loosen the content security policy.
  build: { target: 'es2023', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: {
    proxy: {
      '/graphql': { ...toServer, ws: true },
      '/uploads': toServer,
      '/files': toServer,
      '/payments': toServer,
    },
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'], restoreMocks: true },
});
