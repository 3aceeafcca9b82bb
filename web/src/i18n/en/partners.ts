import type { words as zh } from '../zh/partners';

export const words: typeof zh = {
  partners: {
    partnersText: 'Let programs of your own create posters and read history and billing.',
    keyName: 'Name',
    keyScopes: 'May',
    scopes: { HISTORY_READ: 'read history', GENERATIONS_WRITE: 'create and edit', BILLING_READ: 'read billing' },
    createKey: 'Create a key',
    keyNeeds: 'Give it a name and at least one permission.',
    secretOnce: 'The secret is shown this once. Save it now:',
    copy: 'Copy',
    copied: 'Copied',
    revoke: 'Revoke',
    revoked: 'revoked',
    expired: 'expired',
    noKeys: 'No keys yet',
    lastUsed: (when) => `Last used ${when}`,
    neverUsed: 'Never used',
  },
};
