import type { Client } from 'graphql-ws';
import { createStore } from '../lib/store';

/** `closed` carries the moment the line went dead, so that the page can tell a blink from an outage. */
export type Connection = { status: 'idle' | 'open' } | { status: 'closed'; sinceMs: number };

export const connectionStore = createStore<Connection>({ status: 'idle' });

/** The close codes of graphql-transport-ws for credentials that do not count. */
const unauthorized = 4401;
const forbidden = 4403;

/** The server has said that these credentials do not count (any more): trying again would only be refused again. */
export function isAuthClose(code: number): boolean {
  return code === unauthorized || code === forbidden;
}

const delayMaxMs = 8_000;

/** Exponential back-off with full jitter over its upper half: many browsers must not return in step after a restart. */
export function retryDelayMs(retries: number, random: () => number = Math.random): number {
  const ceiling = Math.min(delayMaxMs, 500 * 2 ** Math.min(retries, 10));
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}

const closeCode = (event: unknown): number | undefined =>
  typeof event === 'object' && event !== null && 'code' in event && typeof event.code === 'number' ? event.code : undefined;

/** Whether a lost connection is worth another try: everything is, except a refusal of the credentials. */
export function shouldRetry(closeEvent: unknown): boolean {
  const code = closeCode(closeEvent);
  return code === undefined || !isAuthClose(code);
}

/** What the client needs of a socket. */
export interface Socket {
  subscribe: Client['subscribe'];
  /** Drops the line; it comes back at once if anything still listens. */
  terminate: () => void;
  dispose: () => void;
}

/** How long an answer to a ping may take. */
export const pongMs = 5_000;

async function openClient(onAuthLost: () => void): Promise<Client> {
  const { createClient } = await import('graphql-ws');
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  let patience: ReturnType<typeof setTimeout> | undefined;
  const client = createClient({
    url: `${scheme}//${location.host}/graphql`,
    lazy: true,
    // One socket stays for the header's balance anyway; a short grace keeps page changes from reconnecting.
    lazyCloseTimeout: 3_000,
    keepAlive: 10_000,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry,
    retryWait: (retries) => new Promise((resolve) => setTimeout(resolve, retryDelayMs(retries))),
    on: {
      connected: () => connectionStore.set({ status: 'open' }),
      // A line that was cut without a word looks open for minutes; a ping that nobody answers tells.
      ping: (received) => {
        if (!received) patience = setTimeout(() => client.terminate(), pongMs);
      },
      pong: (received) => {
        if (received) clearTimeout(patience);
      },
      closed: (event) => {
        clearTimeout(patience);
        const code = closeCode(event);
        if (code !== undefined && isAuthClose(code)) {
          connectionStore.set({ status: 'idle' });
          onAuthLost();
        } else if (code === 1000) {
          connectionStore.set({ status: 'idle' });
        } else {
          connectionStore.set((before) => (before.status === 'closed' ? before : { status: 'closed', sinceMs: Date.now() }));
        }
      },
    },
  });
  return client;
}

/** Nothing is live before there is a page: the socket's code is fetched when the first subscription asks for it. */
export function createSocketClient(onAuthLost: () => void): Socket {
  let opening: Promise<Client> | undefined;
  const open = () =>
    (opening ??= openClient(onAuthLost).catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));
  return {
    subscribe: (payload, sink) => {
      let stopped = false;
      let stop: (() => void) | undefined;
      open().then(
        (client) => {
          if (!stopped) stop = client.subscribe(payload, sink);
        },
        (error: unknown) => sink.error(error),
      );
      return () => {
        stopped = true;
        stop?.();
      };
    },
    terminate: () => void opening?.then((client) => client.terminate()).catch(() => undefined),
    // A socket that is just being refused rejects here too; that refusal has been heard already.
    dispose: () => void opening?.then((client) => client.dispose()).catch(() => undefined),
  };
}
