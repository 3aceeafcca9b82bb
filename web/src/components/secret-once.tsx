import { useState } from 'react';
import { useText } from '../i18n';

/** A secret right after it was made: the only time that anybody can read it. Give it the secret as its key. */
export function SecretOnce({ secret }: { secret: string }) {
  const words = useText('partners').partners;
  const [copied, setCopied] = useState(false);
  return (
    <div role="status" className="grid gap-2 rounded-xl bg-good-soft p-4 text-good">
      <p className="font-semibold">{words.secretOnce}</p>
      <div className="flex flex-wrap items-center gap-3">
        <code className="min-w-0 text-sm break-all select-all">{secret}</code>
        <button type="button" className="btn btn-plain btn-small" onClick={() => void navigator.clipboard?.writeText(secret).then(() => setCopied(true))}>
          {copied ? words.copied : words.copy}
        </button>
      </div>
    </div>
  );
}
