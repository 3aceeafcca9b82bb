import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { problemOf, refusalText } from '../api/errors';
import { AccountSecurityDocument, type AccountSecurityQuery, CancelAccountDeletionDocument, DeleteAccountDocument, RevokeSignInSessionDocument } from '../gql/graphql';
import { useFormats, useText } from '../i18n';
import { deviceName } from '../lib/device';
import { useLastDefined } from '../lib/last-defined';
import { Alert, ErrorNotice, Notice, toast } from './feedback';

type Account = NonNullable<AccountSecurityQuery['viewer']>;
type Session = Account['signInSessions'][number];

/** Where this account is signed in, `children` to end all of that at once, and the way to end the account itself. */
export default function Security({ children }: { children: ReactNode }) {
  const words = useText('security').security;
  const [result, execute] = useQuery({ query: AccountSecurityDocument, requestPolicy: 'cache-and-network' });
  const account = useLastDefined(result.data)?.viewer;
  const refresh = () => execute({ requestPolicy: 'network-only' });
  if (!account) return result.error ? <ErrorNotice error={result.error} onRetry={refresh} /> : <div aria-busy="true" className="skeleton h-32" />;
  return (
    <div className="grid gap-4">
      <p className="text-sm text-muted">{words.text}</p>
      <ul className="divide-y divide-line" data-testid="sign-ins">
        {account.signInSessions.map((session) => (
          <SignIn key={session.id} session={session} onEnded={refresh} />
        ))}
      </ul>
      {children}
      <DeleteAccount account={account} onChanged={refresh} />
    </div>
  );
}

function SignIn({ session, onEnded }: { session: Session; onEnded: () => void }) {
  const t = useText();
  const words = useText('security').security;
  const formats = useFormats();
  const [state, revoke] = useMutation(RevokeSignInSessionDocument);
  const device = deviceName(session.userAgent) ?? words.unknownDevice;

  async function end() {
    const { error } = await revoke({ input: { sessionId: session.id } });
    if (error) return toast(problemOf(error, t).text, true);
    toast(words.ended);
    onEnded();
  }

  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
      <div className="min-w-0 flex-1">
        <p className="font-medium">
          {device}
          {session.isCurrent && <span className="ml-2 rounded-lg bg-good-soft px-2 py-0.5 text-sm text-good">{words.current}</span>}
        </p>
        <p className="text-sm text-muted">
          {words.since(formats.dateTime(session.createdAt))}
          {session.address && ` · ${session.address}`}
        </p>
      </div>
      {!session.isCurrent && (
        <button type="button" className="btn btn-plain btn-small" aria-label={`${words.end}: ${device}`} disabled={state.fetching} onClick={() => void end()}>
          {words.end}
        </button>
      )}
    </li>
  );
}

function DeleteAccount({ account, onChanged }: { account: Account; onChanged: () => void }) {
  const t = useText();
  const words = useText('security').security;
  const formats = useFormats();
  const [open, setOpen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (open) field.current?.focus();
  }, [open]);
  const [email, setEmail] = useState('');
  const [problem, setProblem] = useState<string>();
  const [deleting, remove] = useMutation(DeleteAccountDocument);
  const [keeping, keep] = useMutation(CancelAccountDeletionDocument);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (email.trim().toLowerCase() !== account.email.toLowerCase()) return setProblem(words.deleteDiffers);
    setProblem(undefined);
    const { data, error } = await remove({ input: { email: email.trim() } });
    if (error) return setProblem(problemOf(error, t).text);
    if (data?.deleteAccount.__typename === 'InvalidInput') return setProblem(refusalText(data.deleteAccount, t));
    setOpen(false);
    setEmail('');
    onChanged();
  }

  async function stay() {
    const { error } = await keep({});
    if (error) return toast(problemOf(error, t).text, true);
    toast(words.kept);
    onChanged();
  }

  if (account.deletesAt !== null) {
    return (
      <Notice>
        <span>{words.deletesAt(formats.dateTime(account.deletesAt))}</span>
        <button type="button" className="btn btn-plain btn-small" disabled={keeping.fetching} onClick={() => void stay()}>
          {words.keepAccount}
        </button>
      </Notice>
    );
  }
  return (
    <section className="grid gap-3 border-t border-line pt-4" aria-labelledby="delete-heading">
      <h3 id="delete-heading" className="font-semibold">
        {words.deleteTitle}
      </h3>
      <p className="text-sm text-muted">{words.deleteText}</p>
      {open ? (
        <form className="grid gap-3" noValidate onSubmit={(event) => void submit(event)}>
          <div>
            <label className="label" htmlFor="delete-email">
              {words.deleteConfirm(account.email)}
            </label>
            <input id="delete-email" className="field" type="email" autoComplete="off" ref={field} value={email} onChange={(event) => setEmail(event.target.value)} />
          </div>
          {problem && <Alert>{problem}</Alert>}
          <div className="flex flex-wrap gap-2">
            <button type="submit" className="btn btn-plain text-bad" disabled={deleting.fetching || email.trim() === ''}>
              {words.deleteSubmit}
            </button>
            <button type="button" className="btn btn-quiet" onClick={() => setOpen(false)}>
              {t.cancel}
            </button>
          </div>
        </form>
      ) : (
        <button type="button" className="btn btn-plain btn-small justify-self-start" onClick={() => setOpen(true)}>
          {words.deleteStart}
        </button>
      )}
    </section>
  );
}
