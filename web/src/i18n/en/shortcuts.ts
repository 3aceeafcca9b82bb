import type { words as zh } from '../zh/shortcuts';

export const words: typeof zh = {
  shortcuts: {
    title: 'Keyboard shortcuts',
    everywhere: 'Everywhere',
    picture: 'Large picture and editor',
    rows: [
      ['?', 'Show this list'],
      ['G G', 'Create posters'],
      ['G H', 'History'],
      ['G M', 'Account'],
      ['Ctrl + Enter', 'Submit'],
    ],
    pictureRows: [
      ['← →', 'Version before / after'],
      ['M', 'Whole picture or brush'],
      ['B / E', 'Brush / eraser'],
      ['[ ]', 'Smaller / larger brush'],
      ['Ctrl + Z', 'Undo (with Shift: redo)'],
      ['+ − 0', 'Zoom in / out / fit'],
      ['C', 'Hold to compare'],
      ['Esc', 'Close'],
    ],
  },
};
