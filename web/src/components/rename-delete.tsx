import { type FormEvent, useState } from 'react';
import { useClient, useMutation } from 'urql';
import { problemOf, refusalText } from '../api/errors';
import { DeleteGenerationDocument, RenameGenerationDocument } from '../gql/graphql';
import { useText } from '../i18n';
import { createStore, useStore } from '../lib/store';
import { Dialog } from './dialog';
import { Alert, toast } from './feedback';

interface Named {
  id: string;
  productName: string | null;
}

interface Props {
  generation: Named;
  onClose: () => void;
}

export function RenameDialog({ generation, onClose }: Props) {
  const t = useText();
  const [name, setName] = useState(generation.productName ?? '');
  const [problem, setProblem] = useState<string>();
  const [state, rename] = useMutation(RenameGenerationDocument);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const { data, error } = await rename({ input: { generationId: generation.id, productName: name.trim() } });
    if (error) return setProblem(problemOf(error, t).text);
    if (data?.renameGeneration.__typename === 'InvalidInput') return setProblem(refusalText(data.renameGeneration, t));
    toast(t.history.renamed);
    onClose();
  }

  return (
    <Dialog label={t.history.rename} onClose={onClose} className="w-[min(28rem,calc(100vw-2rem))] rounded-2xl p-6">
      <form className="grid gap-4" onSubmit={(event) => void submit(event)}>
        <h2 className="text-lg font-bold">{t.history.rename}</h2>
        <div>
          <label className="label" htmlFor="product-name">
            {t.history.renameLabel}
          </label>
          <input id="product-name" className="field" required value={name} onChange={(event) => setName(event.target.value)} />
        </div>
        {problem && <Alert>{problem}</Alert>}
        <div className="flex justify-end gap-2">
          <button type="button" className="btn btn-plain" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" className="btn btn-primary" disabled={state.fetching || name.trim() === ''}>
            {t.save}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

const leaving = createStore<ReadonlySet<string>>(new Set());
const undoMs = 8_000;

/** Works that are on their way out: gone from sight, and still there until the time for second thoughts is over. */
export const useLeaving = (): ReadonlySet<string> => useStore(leaving);

const stay = (id: string) => leaving.set((before) => new Set([...before].filter((one) => one !== id)));

/** Takes a work out of sight at once, and deletes it when nobody has called it back. A page that is closed meanwhile deletes nothing. */
export function useRemove(): (generation: Named) => void {
  const t = useText();
  const client = useClient();
  return (generation) => {
    const { id } = generation;
    leaving.set((before) => new Set([...before, id]));
    const timer = setTimeout(() => {
      void client
        .mutation(DeleteGenerationDocument, { input: { generationId: id } })
        .toPromise()
        .then(({ data, error }) => {
          if (error) toast(problemOf(error, t).text, true);
          else if (data && data.deleteGeneration.__typename !== 'DeleteGenerationSuccess') toast(refusalText(data.deleteGeneration, t), true);
          else return;
          stay(id);
        });
    }, undoMs);
    const action = {
      label: t.history.undo,
      run: () => {
        clearTimeout(timer);
        stay(id);
      },
    };
    toast(t.history.removedName(generation.productName ?? t.history.unnamed), false, action, undoMs);
  };
}
