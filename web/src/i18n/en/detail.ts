import type { words as zh } from '../zh/detail';

export const words: typeof zh = {
  detail: {
    gone: 'No such set',
    goneText: 'It may have been deleted, or the link is not right.',
    current: (i, n) => `Version ${i}/${n}`,
    previous: 'Previous version',
    next: 'Next version',
    versions: 'Versions',
    thumbnail: (name) => `Show ${name}`,
    description: 'Product description',
    exports: 'For marketplaces',
    whiteMain: 'Product on white',
    whiteMainText: 'The product alone on pure white, 2000 × 2000. Costs no credits.',
    whiteMainFile: 'Product on white',
    markets: { CHINA: 'Marketplaces in China', ABROAD: 'Marketplaces abroad' },
    marketsText: 'Each in its own sizes and file names with its rules checked, as one zip. Costs no credits.',
    languages: 'One language',
    wordless: 'Without words',
    checkedOn: (day) => `rules as of ${day}`,
    zhOnly: 'Chinese only',
    enOnly: 'English only',
    clean: 'Product and background',
    plate: 'Background alone',
  },
};
