import { beforeEach } from 'vitest';
import { setLocale } from './i18n';

// Every page has these words before it is painted; a part's words are fetched by the tests that show it.
beforeEach(() => setLocale('zh'));
