const channel = (value: number) => Math.round(255 * Math.min(1, Math.max(0, value)));

/** The average colour that a ThumbHash begins with, as a style: what stands in a picture's place until it is there. */
export function averageColour(thumbhash: string | null | undefined): { backgroundColor: string } | undefined {
  if (!thumbhash) return undefined;
  let bytes: string;
  try {
    bytes = atob(thumbhash);
  } catch {
    return undefined;
  }
  if (bytes.length < 5) return undefined;
  const header = bytes.charCodeAt(0) | (bytes.charCodeAt(1) << 8) | (bytes.charCodeAt(2) << 16);
  const l = (header & 63) / 63;
  const p = ((header >> 6) & 63) / 31.5 - 1;
  const q = ((header >> 12) & 63) / 31.5 - 1;
  const blue = l - (2 / 3) * p;
  const red = (3 * l - blue + q) / 2;
  const green = red - q;
  return { backgroundColor: `rgb(${channel(red)} ${channel(green)} ${channel(blue)})` };
}
