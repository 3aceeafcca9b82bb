import type { words as zh } from '../zh/login';
import { plural } from '../plural';

export const words: typeof zh = {
  login: {
    title: 'Sign in',
    email: 'E-mail',
    code: 'Code',
    codePlaceholder: '6 digits',
    send: 'Send code',
    sending: 'Sending…',
    resendIn: (seconds) => `Resend in ${seconds} s`,
    sent: (email, seconds) => `Sent to ${email}, valid for ${plural(seconds, 'second')}`,
    sendFirst: 'Please send a code first.',
    codeFormat: 'Enter the 6-digit code.',
    submit: 'Sign in',
    submitting: 'Signing in…',
    printed: 'Development mode: codes are not mailed; look for them in the server log.',
    cookieOnly: 'Your account is created the first time you sign in.',
    expiredSession: 'Your session has ended. Please sign in again; your draft has been kept.',
  },
};
