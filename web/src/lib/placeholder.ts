import type { CSSProperties } from 'react';
import { thumbHashToDataURL } from 'thumbhash';

const decoded = new Map<string, CSSProperties>();

/**
 * What stands in a picture's place until it is there: the blurred picture itself, out of the few bytes that came with its name.
 * Nothing for a picture without such bytes, or with some that are none.
 */
export function placeholder(thumbhash: string | null | undefined): CSSProperties | undefined {
  if (!thumbhash) return undefined;
  const known = decoded.get(thumbhash);
  if (known) return known;
  let style: CSSProperties;
  try {
    const bytes = Uint8Array.from(atob(thumbhash), (character) => character.charCodeAt(0));
    if (bytes.length < 5) return undefined;
    style = { backgroundImage: `url(${thumbHashToDataURL(bytes)})`, backgroundSize: '100% 100%' };
  } catch {
    return undefined;
  }
  decoded.set(thumbhash, style);
  return style;
}
