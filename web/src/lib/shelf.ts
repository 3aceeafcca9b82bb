// What is too large for localStorage and has to outlive the page: photos of a draft, masks on their way. IndexedDB where there is
// any; where there is none (private windows of some browsers) nothing is kept, and nothing breaks.

const storeName = 'drafts';
let opened: Promise<IDBDatabase | undefined> | undefined;

function open(): Promise<IDBDatabase | undefined> {
  opened ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open('haibao', 1);
      request.addEventListener('upgradeneeded', () => request.result.createObjectStore(storeName));
      request.addEventListener('success', () => resolve(request.result));
      request.addEventListener('error', () => resolve(undefined));
    } catch {
      resolve(undefined);
    }
  });
  return opened;
}

async function ask<T>(mode: IDBTransactionMode, what: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | undefined> {
  const database = await open();
  if (!database) return undefined;
  return new Promise((resolve) => {
    try {
      const request = what(database.transaction(storeName, mode).objectStore(storeName));
      request.addEventListener('success', () => resolve(request.result));
      request.addEventListener('error', () => resolve(undefined));
    } catch {
      // A disk that is full, or a value that cannot be kept.
      resolve(undefined);
    }
  });
}

export const shelf = {
  get: <T>(key: string): Promise<T | undefined> => ask<T>('readonly', (store) => store.get(key) as IDBRequest<T>),
  put: async (key: string, value: unknown): Promise<void> => void (await ask('readwrite', (store) => store.put(value, key))),
  remove: async (key: string): Promise<void> => void (await ask('readwrite', (store) => store.delete(key))),
  keys: async (prefix: string): Promise<string[]> => {
    const keys = await ask('readonly', (store) => store.getAllKeys(IDBKeyRange.bound(prefix, `${prefix}\uffff`)));
    return (keys ?? []).filter((key) => typeof key === 'string');
  },
  clear: async (): Promise<void> => void (await ask('readwrite', (store) => store.clear())),
};
