import { type FormEvent, useState } from 'react';
import { useMutation } from 'urql';
import { problemOf, refusalText } from '../api/errors';
import { DeleteGenerationDocument, RenameGenerationDocument } from '../gql/graphql';
import { useText } from '../i18n';
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

export function DeleteDialog({ generation, onClose, onDeleted }: Props & { onDeleted?: () => void }) {
  const t = useText();
  const [problem, setProblem] = useState<string>();
  const [state, remove] = useMutation(DeleteGenerationDocument);

  async function confirm() {
    const { data, error } = await remove({ input: { generationId: generation.id } });
    if (error) return setProblem(problemOf(error, t).text);
    if (data && data.deleteGeneration.__typename !== 'DeleteGenerationSuccess') return setProblem(refusalText(data.deleteGeneration, t));
    toast(t.history.removed);
    onClose();
    onDeleted?.();
  }

  return (
    <Dialog label={t.history.removeTitle} onClose={onClose} className="w-[min(28rem,calc(100vw-2rem))] rounded-2xl p-6">
      <div className="grid gap-4">
        <h2 className="text-lg font-bold">{t.history.removeTitle}</h2>
        <p>{t.history.removeText(generation.productName ?? t.history.unnamed)}</p>
        {problem && <Alert>{problem}</Alert>}
        <div className="flex justify-end gap-2">
          <button type="button" className="btn btn-plain" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="button" className="btn bg-bad text-surface" disabled={state.fetching} onClick={() => void confirm()}>
            {t.history.remove}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
