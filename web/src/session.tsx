import { type ReactNode, createContext, useContext } from 'react';
import { Provider } from 'urql';
import { type Api, createApi } from './api/client';
import type { StudioQuery, ViewerQuery } from './gql/graphql';
import { currentLocale, localeTag } from './i18n';
import { loginPath, navigate } from './lib/router';
import { createStore, useStore } from './lib/store';

export type Studio = StudioQuery['studio'];
export type Viewer = NonNullable<ViewerQuery['viewer']>;

/** Credits that a request in flight is about to hold: shown at once, gone as soon as the answer is there. */
export const pendingHold = createStore(0);

const newApi = (): Api => createApi(() => localeTag(currentLocale()), leaveForLogin);

const apiStore = createStore<Api>(newApi());

/** Starts over with empty caches and a new socket; for every change of who is signed in. */
export function resetApi(): void {
  const before = apiStore.get();
  apiStore.set(newApi());
  pendingHold.set(0);
  before.socket.dispose();
}

let freshStarts = 0;

/** The credentials have run out: sign in again and come back to the same place. */
export function leaveForLogin(): void {
  if (location.pathname === '/login') {
    // A dead cookie refuses even what needs no sign-in. The refusal has removed it, so asking again works, or nothing will.
    if (freshStarts === 0) {
      freshStarts += 1;
      resetApi();
    }
    return;
  }
  const path = loginPath(location.pathname + location.search);
  resetApi();
  navigate(`${path}${path.includes('?') ? '&' : '?'}expired=1`, { replace: true });
}

export function ApiProvider({ children }: { children: ReactNode }) {
  const api = useStore(apiStore);
  return <Provider value={api.client}>{children}</Provider>;
}

/** Drops the socket; it comes back at once if anything still listens. */
export function reconnect(): void {
  apiStore.get().socket.terminate();
}

const StudioContext = createContext<Studio | null>(null);
const ViewerContext = createContext<Viewer | null>(null);

export const StudioProvider = StudioContext.Provider;
export const ViewerProvider = ViewerContext.Provider;

export function useStudio(): Studio {
  const studio = useContext(StudioContext);
  if (!studio) throw new Error('useStudio outside of StudioProvider');
  return studio;
}

export function useViewer(): Viewer {
  const viewer = useContext(ViewerContext);
  if (!viewer) throw new Error('useViewer outside of ViewerProvider');
  return viewer;
}
