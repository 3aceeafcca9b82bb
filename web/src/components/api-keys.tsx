import { type FormEvent, useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { problemOf, refusalText } from '../api/errors';
import { type ApiKeyFieldsFragment, type ApiKeyScope, ApiKeysDocument, CreateApiKeyDocument, RevokeApiKeyDocument } from '../gql/graphql';
import { useFormats, useText } from '../i18n';
import { useLastDefined } from '../lib/last-defined';
import { CheckList } from './check-list';
import { ConfirmButton } from './confirm-button';
import { Alert, ErrorNotice, toast } from './feedback';
import { SecretOnce } from './secret-once';

const scopes: readonly ApiKeyScope[] = ['HISTORY_READ', 'GENERATIONS_WRITE', 'BILLING_READ'];

/** Keys for programs. The secret is on the page once, right after it was made, and nowhere later. */
export function ApiKeys() {
  const words = useText('partners').partners;
  const [result, execute] = useQuery({ query: ApiKeysDocument, requestPolicy: 'cache-and-network' });
  const keys = useLastDefined(result.data)?.apiKeys;
  return (
    <div className="grid gap-5">
      <p className="text-sm text-muted">{words.partnersText}</p>
      {keys ? (
        keys.length === 0 ? (
          <p className="text-muted">{words.noKeys}</p>
        ) : (
          <ul className="divide-y divide-line" data-testid="api-keys">
            {keys.map((key) => (
              <KeyRow key={key.id} apiKey={key} />
            ))}
          </ul>
        )
      ) : result.error ? (
        <ErrorNotice error={result.error} onRetry={() => execute({ requestPolicy: 'network-only' })} />
      ) : (
        <div className="skeleton h-16" />
      )}
      <NewKey />
    </div>
  );
}

function KeyRow({ apiKey }: { apiKey: ApiKeyFieldsFragment }) {
  const t = useText();
  const words = useText('partners').partners;
  const formats = useFormats();
  const [state, revoke] = useMutation(RevokeApiKeyDocument);
  const [now] = useState(() => Date.now());
  const ended = apiKey.revokedAt ? words.revoked : apiKey.expiresAt && Date.parse(apiKey.expiresAt) < now ? words.expired : undefined;

  async function end() {
    const { data, error } = await revoke({ input: { apiKeyId: apiKey.id } });
    if (error) toast(problemOf(error, t).text, true);
    else if (data?.revokeApiKey.__typename === 'InvalidInput') toast(refusalText(data.revokeApiKey, t), true);
  }

  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
      <div className="min-w-0">
        <p className="font-medium">
          {apiKey.name} <code className="ml-1 text-sm font-normal text-muted">{apiKey.prefix}…</code>
        </p>
        <p className="text-sm text-muted">
          {apiKey.scopes.map((scope) => words.scopes[scope]).join(' · ')} · {apiKey.lastUsedAt ? words.lastUsed(formats.dateTime(apiKey.lastUsedAt)) : words.neverUsed}
        </p>
      </div>
      <div className="ml-auto">
        {ended ? (
          <span className="text-sm text-muted">{ended}</span>
        ) : (
          <ConfirmButton sure={words.revokeSure} label={`${words.revoke}: ${apiKey.name}`} disabled={state.fetching} onConfirm={() => void end()}>
            {words.revoke}
          </ConfirmButton>
        )}
      </div>
    </li>
  );
}

function NewKey() {
  const t = useText();
  const words = useText('partners').partners;
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState(scopes);
  const [secret, setSecret] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const [state, create] = useMutation(CreateApiKeyDocument);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (name.trim() === '' || chosen.length === 0) return setProblem(words.keyNeeds);
    setProblem(undefined);
    const { data, error } = await create({ input: { name: name.trim(), scopes: [...chosen] } });
    if (error) return setProblem(problemOf(error, t).text);
    const result = data?.createApiKey;
    if (result?.__typename === 'InvalidInput') return setProblem(refusalText(result, t));
    if (!result) return;
    setSecret(result.secret);
    setName('');
  }

  return (
    <form className="grid gap-3 border-t border-line pt-5" onSubmit={(event) => void submit(event)}>
      {secret && <SecretOnce key={secret} secret={secret} />}
      <div>
        <label className="label" htmlFor="key-name">
          {words.keyName}
        </label>
        <input id="key-name" className="field" maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />
      </div>
      <CheckList legend={words.keyScopes} options={scopes} chosen={chosen} name={(scope) => words.scopes[scope]} onChange={setChosen} />
      {problem && <Alert>{problem}</Alert>}
      <button type="submit" className="btn btn-plain justify-self-start" disabled={state.fetching}>
        {words.createKey}
      </button>
    </form>
  );
}
