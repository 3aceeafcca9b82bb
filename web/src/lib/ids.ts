/** The generation a poster's or revision's id belongs to: the part before the slash. */
export function generationOf(id: string): string {
  return id.split('/', 1)[0] ?? id;
}

/** The poster a revision's id belongs to: the part before the file's own ending, `…/02-edit1` → `…/02`. */
export function posterOf(revisionId: string): string {
  const slash = revisionId.indexOf('/');
  const dash = revisionId.indexOf('-', slash + 1);
  return dash < 0 ? revisionId : revisionId.slice(0, dash);
}
