/** The version to go to, held within the row: first and last have nothing beyond them. */
export function stepTo(index: number, count: number): number {
  return Math.min(Math.max(0, index), Math.max(0, count - 1));
}
