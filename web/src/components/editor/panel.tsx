import { type ChangeEvent, useState } from 'react';
import { pictureProblem, sendPicture } from '../../api/send-picture';
import type { PosterFieldsFragment, RevisionFieldsFragment } from '../../gql/graphql';
import { useFormats, useText } from '../../i18n';
import { type EditDraft, type EditWay, updateEdit } from '../../lib/edit-draft';
import { useNow } from '../../lib/now';
import { Link } from '../../lib/router';
import { useStudio, useViewer } from '../../session';
import { Alert, Notice } from '../feedback';
import { Icon } from '../icon';
import { ToolIcon } from './tool-icon';
import { shareLarge, shareMin, type useEdit } from './use-edit';

const ways = ['WHOLE_IMAGE', 'MASKED', 'COPY'] as const;
const wayIcons = { WHOLE_IMAGE: 'image', MASKED: 'brush', COPY: 'pen' } as const;

/** How to change the picture; what was typed and painted for the other ways stays. */
export function WayChoice({ draft, onChoose }: { draft: EditDraft; onChoose: (way: EditWay) => void }) {
  const words = useText('editor').editor;
  return (
    <fieldset>
      <legend className="label">{words.mode}</legend>
      <div className="grid grid-cols-3 gap-2">
        {ways.map((way) => (
          <label key={way} className="choice flex min-h-14 flex-col items-center justify-center gap-0.5 px-1 py-1.5 text-center text-sm leading-tight font-medium">
            <input type="radio" name="edit-mode" value={way} className="sr-only" checked={draft.mode === way} onChange={() => onChoose(way)} />
            <ToolIcon name={wayIcons[way]} className="size-4.5" />
            {words.modes[way]}
          </label>
        ))}
      </div>
      <p className="mt-1.5 text-sm text-muted">{words.modeHints[draft.mode]}</p>
    </fieldset>
  );
}

interface Props {
  poster: PosterFieldsFragment;
  revision: RevisionFieldsFragment;
  draft: EditDraft;
  /** The share of the picture that is painted, 0–1. */
  share: number;
  edit: ReturnType<typeof useEdit>;
}

/** What to change and for how much, and how it went. Nothing typed or painted is lost by switching, failing or closing. */
export function EditForm({ poster, revision, draft, share, edit }: Props) {
  const t = useText('editor');
  const words = useText('editor').editor;
  const { creditsPerEdit, limits } = useStudio();
  const { wallet } = useViewer();
  const [uploading, setUploading] = useState(false);
  const { told } = edit;
  const length = [...draft.prompt].length;
  const masked = draft.mode === 'MASKED';
  const missing = Math.max(0, creditsPerEdit - wallet.credits);
  const blocker =
    draft.prompt.trim() === '' || length > limits.promptCharsMax ? words.needPrompt : masked && share < shareMin ? words.needMask : uploading ? words.referenceBusy : undefined;
  const change = (part: Partial<EditDraft>) => updateEdit(poster.id, () => part);

  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!blocker && !edit.under && !edit.sending && missing === 0) void edit.send();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit();
      }}
      data-testid="edit-form"
    >
      <div>
        <div className="flex items-baseline">
          <label className="label" htmlFor="edit-prompt">
            {words.prompt}
          </label>
          <span className={`ml-auto text-sm tabular-nums ${length > limits.promptCharsMax ? 'font-semibold text-bad' : 'text-muted'}`}>
            {t.ofMax(length, limits.promptCharsMax)}
          </span>
        </div>
        <textarea
          id="edit-prompt"
          rows={3}
          className="field resize-y"
          placeholder={words.promptPlaceholder}
          value={draft.prompt}
          aria-invalid={length > limits.promptCharsMax}
          onChange={(event) => change({ prompt: event.target.value })}
        />
      </div>
      {draft.prompt === '' && (
        <ul aria-label={words.examplesLabel} className="-mt-2 flex flex-wrap gap-2">
          {words.examples[masked ? 'MASKED' : 'WHOLE_IMAGE'].map((example) => (
            <li key={example}>
              <button type="button" className="chip" onClick={() => change({ prompt: example })}>
                {example}
              </button>
            </li>
          ))}
        </ul>
      )}
      <ReferenceField poster={poster} draft={draft} onBusy={setUploading} />
      {masked && share > shareLarge && <Notice>{words.mostlyPainted}</Notice>}
      {masked && (
        <p role="status" className="sr-only">
          {words.painted(Math.round(share * 100))}
        </p>
      )}
      {edit.problem && <Alert>{edit.problem.text}</Alert>}
      {told?.kind === 'failed' && <Alert>{told.advice ? told.reason : words.failed(told.reason, told.credits)}</Alert>}
      <div role="status">
        {told?.kind === 'done' && (
          <p className="flex gap-2 rounded-xl bg-good-soft px-4 py-3 text-good">
            <Icon name="check" className="mt-0.5 size-5" />
            {words.done(told.revision ?? revision.name, told.credits)}
          </p>
        )}
        {edit.under && <Under createdAt={edit.under.createdAt} credits={creditsPerEdit} />}
      </div>
      {missing > 0 && !edit.under ? (
        <Link href="/me?from=draft" className="btn btn-primary">
          {words.short(missing)}
        </Link>
      ) : (
        <button type="submit" className="btn btn-primary" disabled={blocker !== undefined || edit.under !== undefined || edit.sending} data-testid="edit-submit">
          {edit.under ? words.busyPoster : edit.sending ? words.submitting : (blocker ?? words.submit(creditsPerEdit))}
        </button>
      )}
    </form>
  );
}

function Under({ createdAt, credits }: { createdAt: string; credits: number }) {
  const words = useText('editor').editor;
  const nowMs = useNow(true);
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(createdAt)) / 1000));
  return (
    <div className="rounded-xl bg-sunken px-4 py-3 text-sm">
      <p className="flex items-center gap-2 font-semibold">
        <Icon name="spark" className="size-5 text-accent" />
        {/* The seconds are for the eye: a screen reader would hear each of them. */}
        <span aria-hidden="true" className="tabular-nums">
          {words.editing(seconds)}
        </span>
        <span className="sr-only">{words.busyPoster}</span>
        <span className="ml-auto font-normal text-muted tabular-nums">{words.held(credits)}</span>
      </p>
      <p className="mt-1 text-muted">{words.editingHint}</p>
    </div>
  );
}

function ReferenceField({ poster, draft, onBusy }: { poster: PosterFieldsFragment; draft: EditDraft; onBusy: (busy: boolean) => void }) {
  const t = useText('editor');
  const words = useText('editor').editor;
  const { limits } = useStudio();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();

  async function take(event: ChangeEvent<HTMLInputElement>) {
    const file = event.target.files?.[0];
    event.target.value = '';
    if (!file) return;
    setProblem(undefined);
    setBusy(true);
    onBusy(true);
    try {
      const { id, preview } = await sendPicture('REFERENCE', file, limits, () => undefined, new AbortController().signal);
      updateEdit(poster.id, () => ({ reference: { id, preview } }));
    } catch (error) {
      setProblem(pictureProblem(error, t, limits));
    } finally {
      setBusy(false);
      onBusy(false);
    }
  }

  return (
    <div>
      <p className="label" id="reference-label">
        {words.reference}
      </p>
      {draft.reference ? (
        <div className="flex items-center gap-3">
          <img src={draft.reference.preview} alt={words.referenceAlt} className="size-16 rounded-lg border border-line object-cover" />
          <button type="button" className="btn btn-plain btn-small" onClick={() => updateEdit(poster.id, () => ({ reference: undefined }))}>
            {words.referenceRemove}
          </button>
        </div>
      ) : (
        <label className="btn btn-plain btn-small w-full has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent">
          <input type="file" accept="image/*" className="sr-only" disabled={busy} onChange={(event) => void take(event)} />
          <Icon name="plus" className="size-4" />
          {busy ? words.referenceBusy : words.referenceAdd}
        </label>
      )}
      {problem && (
        <div className="mt-2">
          <Alert>{problem}</Alert>
        </div>
      )}
    </div>
  );
}

/** What is known about the picture, folded away until somebody asks. */
export function Facts({ revision }: { revision: RevisionFieldsFragment }) {
  const t = useText('editor');
  const words = useText('editor').editor;
  const formats = useFormats();
  const facts: [string, string][] = [
    [t.lightbox.version, revision.name],
    [t.lightbox.size, `${revision.width} × ${revision.height}`],
    [t.lightbox.bytes, formats.bytes(revision.byteSize)],
    [t.lightbox.created, formats.dateTime(revision.createdAt)],
    ...(revision.prompt ? [[t.lightbox.prompt, revision.prompt] as [string, string]] : []),
  ];
  return (
    <details className="border-t border-line pt-3">
      <summary className="min-h-8 text-sm font-semibold">{words.details}</summary>
      <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        {facts.map(([term, text]) => (
          <div key={term} className="contents">
            <dt className="text-muted">{term}</dt>
            <dd className="tabular-nums">{text}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
