import { readKept, writeKept } from './keep';
import { createStore, useStore } from './store';

export type Theme = 'system' | 'light' | 'dark';

const storageKey = 'haibao.theme';

const kept = readKept<Theme>(localStorage, storageKey);
const store = createStore<Theme>(kept === 'light' || kept === 'dark' ? kept : 'system');

function apply(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

apply(store.get());

export function chooseTheme(theme: Theme): void {
  writeKept(localStorage, storageKey, theme === 'system' ? undefined : theme);
  apply(theme);
  store.set(theme);
}

export const useTheme = (): Theme => useStore(store);
