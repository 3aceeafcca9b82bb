import type { ReactNode } from 'react';
import { useText } from '../../i18n';
import { type MaskHistory, redo, undo, withMark } from '../../lib/mask';
import { ToolIcon, type ToolIconName } from './tool-icon';

/** How the next mark is painted; the size is in pixels of the picture. */
export interface Painting {
  tool: 'brush' | 'rectangle' | 'lasso';
  erase: boolean;
  size: number;
  colour: string;
}

/** None of them is lost on every picture: pink, green and blue, to be switched through. */
const colours = ['#ff2e93', '#19d36b', '#2f8bff'] as const;
export const sizeMin = 4;
export const sizeMax = 300;

export const firstPainting: Painting = { tool: 'brush', erase: false, size: 80, colour: colours[0] };

export function resized(size: number, by: number): number {
  return Math.min(sizeMax, Math.max(sizeMin, Math.round(size * by)));
}

const button = 'grid size-11 shrink-0 place-items-center rounded-lg text-stage-ink hover:bg-stage-line aria-pressed:bg-stage-ink aria-pressed:text-stage disabled:opacity-40 disabled:hover:bg-transparent';

export function StageTool({ icon, label, pressed, disabled, onClick }: { icon: ToolIconName; label: string; pressed?: boolean; disabled?: boolean; onClick: () => void }) {
  return (
    <button type="button" className={button} aria-label={label} title={label} aria-pressed={pressed} disabled={disabled} onClick={onClick}>
      <ToolIcon name={icon} />
    </button>
  );
}

export function ToolRow({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div role="toolbar" aria-label={label} className="flex max-w-full items-center overflow-x-auto rounded-xl border border-stage-line bg-stage-raised px-1">
      {children}
    </div>
  );
}

interface Props {
  painting: Painting;
  onPainting: (change: Partial<Painting>) => void;
  mask: MaskHistory;
  onMask: (mask: MaskHistory) => void;
}

/** What to paint with, and what can be taken back. */
export function PaintTools({ painting, onPainting, mask, onMask }: Props) {
  const words = useText('editor').editor;
  const { tool, erase } = painting;
  return (
    <ToolRow label={words.toolbar}>
      <StageTool icon="brush" label={words.tools.brush} pressed={tool === 'brush' && !erase} onClick={() => onPainting({ tool: 'brush', erase: false })} />
      <StageTool icon="eraser" label={words.tools.erase} pressed={erase} onClick={() => onPainting({ erase: !erase })} />
      <StageTool icon="rectangle" label={words.tools.rectangle} pressed={tool === 'rectangle'} onClick={() => onPainting({ tool: tool === 'rectangle' ? 'brush' : 'rectangle' })} />
      <StageTool icon="lasso" label={words.tools.lasso} pressed={tool === 'lasso'} onClick={() => onPainting({ tool: tool === 'lasso' ? 'brush' : 'lasso' })} />
      <StageTool icon="undo" label={words.undo} disabled={mask.done.length === 0} onClick={() => onMask(undo(mask))} />
      <StageTool icon="redo" label={words.redo} disabled={mask.undone.length === 0} onClick={() => onMask(redo(mask))} />
      <StageTool icon="invert" label={words.invert} onClick={() => onMask(withMark(mask, { kind: 'invert' }))} />
      <StageTool icon="trash" label={words.clear} disabled={mask.done.length === 0} onClick={() => onMask(withMark(mask, { kind: 'clear' }))} />
    </ToolRow>
  );
}

/** How broad the brush is, and in which colour the mask is shown. */
export function BrushTools({ painting, onPainting }: Pick<Props, 'painting' | 'onPainting'>) {
  const words = useText('editor').editor;
  const next = colours[(colours.indexOf(painting.colour as (typeof colours)[number]) + 1) % colours.length] ?? colours[0];
  return (
    <ToolRow label={words.size}>
      <input
        type="range"
        aria-label={words.size}
        title={`${words.size} ${painting.size}`}
        className="mx-2 w-16 shrink-0 accent-white sm:w-28"
        min={sizeMin}
        max={sizeMax}
        value={painting.size}
        onChange={(event) => onPainting({ size: Number(event.target.value) })}
      />
      <button type="button" className={button} aria-label={words.colour} title={words.colour} onClick={() => onPainting({ colour: next })}>
        <span className="size-5 rounded-full border-2 border-white" style={{ background: painting.colour }} />
      </button>
    </ToolRow>
  );
}
