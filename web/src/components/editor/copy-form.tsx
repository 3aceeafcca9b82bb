import { type FormEvent, useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { problemOf, refusalText } from '../../api/errors';
import { type PosterFieldsFragment, type RevisionCopyQuery, RevisionCopyDocument, type RevisionFieldsFragment, UpdatePosterCopyDocument } from '../../gql/graphql';
import { useText } from '../../i18n';
import { type EditDraft, updateEdit } from '../../lib/edit-draft';
import { useLastDefined } from '../../lib/last-defined';
import { Alert, ErrorNotice } from '../feedback';

type Line = Extract<NonNullable<RevisionCopyQuery['node']>, { __typename: 'Revision' }>['copy'][number];

interface Props {
  poster: PosterFieldsFragment;
  revision: RevisionFieldsFragment;
  draft: EditDraft;
  onUpdated: (name: string) => void;
}

/** The words of a poster as fields: what is typed is set anew, by the same rules, for nothing. */
export function CopyForm({ poster, revision, draft, onUpdated }: Props) {
  const t = useText();
  const words = useText('editor').editor;
  const [result, execute] = useQuery({ query: RevisionCopyDocument, variables: { id: revision.id } });
  const node = useLastDefined(result.operation?.variables.id === revision.id ? result.data : undefined, revision.id)?.node;
  const lines = node?.__typename === 'Revision' ? node.copy : undefined;
  const [setWide, setSetWide] = useState(true);
  const [problem, setProblem] = useState<string>();
  const [state, update] = useMutation(UpdatePosterCopyDocument);
  const typed = draft.words[revision.id] ?? {};
  const changed = (lines ?? []).filter((line) => typed[line.id] !== undefined && typed[line.id] !== line.text);
  const tooLong = changed.some((line) => [...(typed[line.id] ?? '')].length > line.charsMax);

  if (!lines) return result.error ? <ErrorNotice error={result.error} onRetry={() => execute({ requestPolicy: 'network-only' })} /> : <div className="skeleton h-40" />;
  if (lines.length === 0) return <p className="text-muted">{words.copyNone}</p>;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (changed.length === 0 || tooLong) return;
    setProblem(undefined);
    const { data, error } = await update({
      input: { baseRevisionId: revision.id, lines: changed.map((line) => ({ id: line.id, text: (typed[line.id] ?? '').trim() })), setWide },
    });
    if (error) return setProblem(problemOf(error, t).text);
    const answer = data?.updatePosterCopy;
    if (!answer) return;
    if (answer.__typename !== 'UpdatePosterCopySuccess') return setProblem(refusalText(answer, t));
    updateEdit(poster.id, (before) => ({ words: { ...before.words, [revision.id]: {} } }));
    onUpdated(answer.revision.name);
  }

  return (
    <form className="grid gap-3" onSubmit={(event) => void submit(event)} data-testid="copy-form">
      {lines.map((line) => (
        <LineField
          key={line.id}
          line={line}
          text={typed[line.id] ?? line.text}
          onText={(text) => updateEdit(poster.id, (before) => ({ words: { ...before.words, [revision.id]: { ...before.words[revision.id], [line.id]: text } } }))}
        />
      ))}
      {changed.some((line) => line.isSetWide) && (
        <label className="flex min-h-11 items-center gap-2">
          <input type="checkbox" className="size-4.5 accent-accent" checked={setWide} onChange={(event) => setSetWide(event.target.checked)} />
          {words.setWide}
        </label>
      )}
      {problem && <Alert>{problem}</Alert>}
      <div className="sticky -bottom-5 -mx-1 -mb-5 bg-surface px-1 pt-2 pb-5 lg:-bottom-6 lg:-mb-6 lg:pb-6">
        <button type="submit" className="btn btn-primary w-full" disabled={changed.length === 0 || tooLong || state.fetching} data-testid="copy-submit">
          {state.fetching ? words.submitting : words.copySubmit(changed.length)}
        </button>
      </div>
    </form>
  );
}

function LineField({ line, text, onText }: { line: Line; text: string; onText: (text: string) => void }) {
  const words = useText('editor').editor;
  const length = [...text].length;
  const id = `copy-${line.id}`;
  const over = length > line.charsMax;
  return (
    <div>
      <div className="flex items-baseline gap-2 text-sm">
        <label htmlFor={id} className="font-medium">
          {words.roles[line.role] ?? line.role} <span className="font-normal text-muted">{words.languages[line.language === 'en' ? 'en' : 'zh']}</span>
        </label>
        {line.isSetWide && <span className="text-xs text-muted">{words.setWideMark}</span>}
        <span className={`ml-auto text-xs tabular-nums ${over ? 'font-semibold text-bad' : 'text-muted'}`}>
          {length} / {line.charsMax}
        </span>
      </div>
      <input id={id} className="field mt-1" lang={line.language === 'en' ? 'en' : 'zh-CN'} value={text} aria-invalid={over} onChange={(event) => onText(event.target.value)} />
    </div>
  );
}
