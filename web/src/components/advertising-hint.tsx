import { useEffect, useState } from 'react';
import { useQuery } from 'urql';
import { AdvertisingWarningsDocument } from '../gql/graphql';
import { useText } from '../i18n';

/** Long enough that nobody is interrupted in the middle of a word. */
const pauseMs = 600;

/** The text as it was when its writer last paused. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), pauseMs);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

/** Which words of a description the advertising law forbids. A hint only: it never blocks, and says nothing when it cannot be had. */
export default function AdvertisingHint({ description }: { description: string }) {
  const t = useText('generate');
  const settled = useSettled(description.trim());
  const [{ data }] = useQuery({ query: AdvertisingWarningsDocument, variables: { description: settled }, pause: settled === '' });
  const warnings = settled === '' ? [] : (data?.studio.advertisingWarnings ?? []);
  // The same word twice is one thing to learn.
  const words = [...new Map(warnings.map((warning) => [warning.word, warning])).values()];
  return (
    <div role="status">
      {words.length > 0 && (
        <div className="mt-2 rounded-xl border border-line bg-sunken px-3 py-2 text-sm">
          <p className="font-semibold">{t.generate.advertising}</p>
          <ul>
            {words.map((warning) => (
              <li key={warning.word}>{t.generate.advertisingWord(warning.word, warning.suggestion ?? undefined)}</li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
