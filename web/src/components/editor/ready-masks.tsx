import { useState } from 'react';
import { useQuery } from 'urql';
import { RevisionMasksDocument, type RevisionFieldsFragment } from '../../gql/graphql';
import { useText } from '../../i18n';
import { type MaskHistory, withMark } from '../../lib/mask';
import { toast } from '../feedback';

/** A grey mask as something that can be painted with: its light becomes cover, in the colour of the brush. */
async function stampOf(url: string, colour: string): Promise<ImageBitmap> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`mask ${response.status}`);
  const grey = await createImageBitmap(await response.blob());
  const canvas = new OffscreenCanvas(grey.width, grey.height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('no canvas');
  context.drawImage(grey, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  const { data } = pixels;
  for (let at = 0; at < data.length; at += 4) data[at + 3] = data[at] as number;
  context.putImageData(pixels, 0, 0);
  context.globalCompositeOperation = 'source-in';
  context.fillStyle = colour;
  context.fillRect(0, 0, canvas.width, canvas.height);
  return createImageBitmap(canvas);
}

/** Parts that are known because the poster was composed: chosen with one press, then painted on as ever. */
export function ReadyMasks({ revision, colour, mask, onMask }: { revision: RevisionFieldsFragment; colour: string; mask: MaskHistory; onMask: (mask: MaskHistory) => void }) {
  const words = useText('editor').editor;
  const [{ data }] = useQuery({ query: RevisionMasksDocument, variables: { id: revision.id } });
  const [busy, setBusy] = useState(false);
  const node = data?.node;
  const masks = node?.__typename === 'Revision' && node.id === revision.id ? node.masks : [];
  if (masks.length === 0) return null;

  async function choose(url: string) {
    setBusy(true);
    try {
      onMask(withMark(mask, { kind: 'stamp', image: await stampOf(url, colour) }));
    } catch {
      toast(words.readyFailed, true);
    } finally {
      setBusy(false);
    }
  }

  return (
    <div role="group" aria-label={words.ready}>
      <p className="label">{words.ready}</p>
      <div className="flex flex-wrap gap-2">
        {masks.map(({ part, url }) => (
          <button key={part} type="button" className="chip" disabled={busy} onClick={() => void choose(url)}>
            {words.readyParts[part]}
          </button>
        ))}
      </div>
    </div>
  );
}
