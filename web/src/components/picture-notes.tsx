import type { PosterFieldsFragment } from '../gql/graphql';
import { useText } from '../i18n';
import { Icon } from './icon';

/** What a seller should know about a picture: quiet, because nothing failed. */
export function PictureNotes({ notes }: { notes: PosterFieldsFragment['revisions'][number]['notes'] }) {
  const t = useText();
  if (notes.length === 0) return null;
  return (
    <ul className="mx-auto mt-4 w-fit max-w-prose text-sm text-muted" data-testid="notes">
      {notes.map((note) => (
        <li key={note.code} className="flex gap-2">
          <Icon name="info" className="mt-0.5 size-4 shrink-0" />
          <span>
            {t.poster.notes[note.code]} <span className="text-ink">{note.characters.join(' ')}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
