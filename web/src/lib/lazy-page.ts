import { type ComponentType, lazy } from 'react';
import { type Part, loadWords } from '../i18n';

type Module<P> = { default: ComponentType<P> };

/** A component whose code and words come over the network together; `fetch` begins that before anything is painted. */
export function lazyPage<P>(part: Part | undefined, load: () => Promise<Module<P>>) {
  const fetch = async (): Promise<Module<P>> => {
    const [loaded] = await Promise.all([load(), part && loadWords(part)]);
    return loaded;
  };
  return Object.assign(lazy(fetch), { fetch: () => void fetch().catch(() => undefined) });
}
