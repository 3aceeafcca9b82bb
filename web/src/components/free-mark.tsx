import { useText } from '../i18n';

/** Stands on a picture that was given, not bought. */
export function FreeMark() {
  const t = useText();
  return (
    <span className="absolute top-2 left-2 rounded-sm bg-good px-2 py-0.5 text-xs font-bold text-surface" data-testid="free">
      {t.poster.free}
    </span>
  );
}
