import type { words as zh } from '../zh/security';

export const words: typeof zh = {
  security: {
    text: 'These devices are signed in to your account. End the ones that you do not know.',
    unknownDevice: 'Unknown device',
    current: 'this one',
    since: (when) => `Signed in ${when}`,
    until: (when) => `until ${when}`,
    end: 'Sign out',
    ended: 'That device is signed out',
    deleteTitle: 'Delete account',
    deleteText: 'Posters, history and remaining credits are erased and cannot be brought back. There are some days to think again.',
    deleteStart: 'Delete account…',
    deleteConfirm: (email) => `Type ${email} to confirm`,
    deleteDiffers: 'That is not the address of this account.',
    deleteSubmit: 'Delete this account',
    deletesAt: (when) => `This account is deleted on ${when}. API keys and webhooks are off.`,
    keepAccount: 'Keep the account',
    kept: 'The account stays',
  },
};
