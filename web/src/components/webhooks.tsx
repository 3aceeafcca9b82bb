import { type FormEvent, Suspense, lazy, useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { problemOf, refusalText } from '../api/errors';
import {
  CreateWebhookEndpointDocument,
  DeleteWebhookEndpointDocument,
  RotateWebhookSecretDocument,
  UpdateWebhookEndpointDocument,
  WebhookEndpointsDocument,
  type WebhookFieldsFragment,
  type WebhookKind,
} from '../gql/graphql';
import { useFormats, useText } from '../i18n';
import { useLastDefined } from '../lib/last-defined';
import { CheckList } from './check-list';
import { ConfirmButton } from './confirm-button';
import { Alert, ErrorNotice, toast } from './feedback';
import { SecretOnce } from './secret-once';

const WebhookLog = lazy(() => import('./webhook-log'));

const kinds: readonly WebhookKind[] = ['POSTER_SUCCEEDED', 'POSTER_REFUNDED', 'GENERATION_COMPLETED', 'ORDER_PAID'];

/** Where this person's own servers are told what happens. */
export function Webhooks() {
  const words = useText('partners').webhooks;
  const [result, execute] = useQuery({ query: WebhookEndpointsDocument, requestPolicy: 'cache-and-network' });
  const endpoints = useLastDefined(result.data)?.webhookEndpoints;
  const refresh = () => execute({ requestPolicy: 'network-only' });
  return (
    <div className="grid gap-5">
      <p className="text-sm text-muted">{words.text}</p>
      {endpoints ? (
        endpoints.length === 0 ? (
          <p className="text-muted">{words.none}</p>
        ) : (
          <ul className="divide-y divide-line" data-testid="webhooks">
            {endpoints.map((endpoint) => (
              <Endpoint key={endpoint.id} endpoint={endpoint} onRemoved={refresh} />
            ))}
          </ul>
        )
      ) : result.error ? (
        <ErrorNotice error={result.error} onRetry={refresh} />
      ) : (
        <div className="skeleton h-16" />
      )}
      <NewEndpoint onMade={refresh} />
    </div>
  );
}

function Health({ endpoint }: { endpoint: WebhookFieldsFragment }) {
  const words = useText('partners').webhooks;
  const formats = useFormats();
  if (endpoint.disabledReason) return <span className="text-muted">{words.disabledReasons[endpoint.disabledReason]}</span>;
  if (endpoint.failingSince) return <span className="text-bad">{words.failing(formats.dateTime(endpoint.failingSince))}</span>;
  return <span className="text-good">{words.healthy}</span>;
}

function Endpoint({ endpoint, onRemoved }: { endpoint: WebhookFieldsFragment; onRemoved: () => void }) {
  const t = useText();
  const words = useText('partners').webhooks;
  const formats = useFormats();
  const [secret, setSecret] = useState<string>();
  const [logShown, setLogShown] = useState(false);
  const [changing, change] = useMutation(UpdateWebhookEndpointDocument);
  const [rotating, rotate] = useMutation(RotateWebhookSecretDocument);
  const [removing, remove] = useMutation(DeleteWebhookEndpointDocument);
  const busy = changing.fetching || rotating.fetching || removing.fetching;
  const { id, url } = endpoint;
  const input = { webhookEndpointId: id };

  async function switchTo(enabled: boolean) {
    const { data, error } = await change({ input: { ...input, enabled } });
    if (error) toast(problemOf(error, t).text, true);
    else if (data?.updateWebhookEndpoint.__typename === 'InvalidInput') toast(refusalText(data.updateWebhookEndpoint, t), true);
  }

  async function newSecret() {
    const { data, error } = await rotate({ input });
    if (error) toast(problemOf(error, t).text, true);
    else if (data?.rotateWebhookSecret.__typename === 'InvalidInput') toast(refusalText(data.rotateWebhookSecret, t), true);
    else setSecret(data?.rotateWebhookSecret.secret);
  }

  async function end() {
    const { error } = await remove({ input });
    if (error) toast(problemOf(error, t).text, true);
    else onRemoved();
  }

  return (
    <li className="grid gap-2 py-4">
      <p className="font-medium break-all">{url}</p>
      <p className="text-sm text-muted">
        {endpoint.description && `${endpoint.description} · `}
        {endpoint.kinds.map((kind) => words.kinds[kind]).join(' · ')}
      </p>
      <p className="text-sm">
        <Health endpoint={endpoint} />
        {endpoint.previousSecretUntil && <span className="text-muted"> · {words.previousSecret(formats.dateTime(endpoint.previousSecretUntil))}</span>}
      </p>
      {secret && <SecretOnce key={secret} secret={secret} />}
      <div className="flex flex-wrap gap-2">
        <button type="button" className="btn btn-plain btn-small" aria-expanded={logShown} onClick={() => setLogShown(!logShown)}>
          {logShown ? words.hideLog : words.log}
        </button>
        <button type="button" className="btn btn-plain btn-small" disabled={busy} onClick={() => void switchTo(endpoint.disabledAt !== null)}>
          {endpoint.disabledAt === null ? words.switchOff : words.switchOn}
        </button>
        <ConfirmButton sure={words.rotateSure} label={`${words.rotate}: ${url}`} disabled={busy} onConfirm={() => void newSecret()}>
          {words.rotate}
        </ConfirmButton>
        <ConfirmButton sure={words.removeSure} label={`${words.remove}: ${url}`} disabled={busy} onConfirm={() => void end()}>
          {words.remove}
        </ConfirmButton>
      </div>
      {logShown && (
        <Suspense fallback={<div aria-busy="true" className="skeleton h-24" />}>
          <WebhookLog endpointId={id} />
        </Suspense>
      )}
    </li>
  );
}

function NewEndpoint({ onMade }: { onMade: () => void }) {
  const t = useText();
  const words = useText('partners').webhooks;
  const [url, setUrl] = useState('');
  const [description, setDescription] = useState('');
  const [chosen, setChosen] = useState(kinds);
  const [secret, setSecret] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const [state, create] = useMutation(CreateWebhookEndpointDocument);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (url.trim() === '' || chosen.length === 0) return setProblem(words.needs);
    setProblem(undefined);
    const { data, error } = await create({ input: { url: url.trim(), description: description.trim(), kinds: [...chosen] } });
    if (error) return setProblem(problemOf(error, t).text);
    const result = data?.createWebhookEndpoint;
    if (result?.__typename === 'InvalidInput') return setProblem(refusalText(result, t));
    if (!result) return;
    setSecret(result.secret);
    setUrl('');
    setDescription('');
    onMade();
  }

  return (
    <form className="grid gap-3 border-t border-line pt-5" noValidate onSubmit={(event) => void submit(event)}>
      {secret && <SecretOnce key={secret} secret={secret} />}
      <div>
        <label className="label" htmlFor="webhook-url">
          {words.url}
        </label>
        <input
          id="webhook-url"
          className="field"
          type="url"
          inputMode="url"
          placeholder="https://"
          autoComplete="off"
          aria-describedby="webhook-url-hint"
          value={url}
          onChange={(event) => setUrl(event.target.value)}
        />
        <p id="webhook-url-hint" className="mt-1 text-sm text-muted">
          {words.urlHint}
        </p>
      </div>
      <div>
        <label className="label" htmlFor="webhook-description">
          {words.description}
        </label>
        <input id="webhook-description" className="field" maxLength={200} value={description} onChange={(event) => setDescription(event.target.value)} />
      </div>
      <CheckList legend={words.notified} options={kinds} chosen={chosen} name={(kind) => words.kinds[kind]} onChange={setChosen} />
      {problem && <Alert>{problem}</Alert>}
      <button type="submit" className="btn btn-plain justify-self-start" disabled={state.fetching}>
        {words.create}
      </button>
    </form>
  );
}
