/** The generation a poster's or revision's id belongs to: the part before the slash. */
export function generationOf(id: string): string {
  return id.split('/', 1)[0] ?? id;
}
