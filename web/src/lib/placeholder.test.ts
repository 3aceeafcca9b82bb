import { expect, it } from 'vitest';
import { placeholder } from './placeholder';

it('paints the blurred picture that the hash stands for', () => {
  const style = placeholder('1QcSHQRnh493V4dIh4eXh1h4kJUI');
  expect(style?.backgroundImage).toMatch(/^url\(data:image\/png;base64,iVBORw0KGgo/);
  expect(placeholder('1QcSHQRnh493V4dIh4eXh1h4kJUI')).toBe(style);
});

it.each([undefined, null, '', 'not base64!', 'AAA='])('says nothing about %s', (hash) => {
  expect(placeholder(hash)).toBeUndefined();
});
