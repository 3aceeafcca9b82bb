import { Drawn, Icon, type IconName } from '../icon';

// Only the editor has tools: their icons come with it.
const paths = {
  brush: 'M20 4c-3 1-8 5-10.5 9L11 14.5c4-2.5 8-7.5 9-10.5ZM8.5 14.5c-2 0-3 1.5-3 3 0 1.2-.8 2-2 2.3 3.5.7 6.5-.3 6.5-3.3 0-1-.5-2-1.5-2Z',
  eraser: 'M9 19h11M5.5 13.5 13 6a1.5 1.5 0 0 1 2 0l4 4a1.5 1.5 0 0 1 0 2l-7 7H9l-3.5-3.5a1.5 1.5 0 0 1 0-2Zm4-4 6 6',
  rectangle: 'M5 5h3M11 5h3M17 5h2v2M19 10v4M19 17v2h-2M14 19h-3M8 19H5v-2M5 14v-4M5 7V5',
  lasso: 'M12 5c4.5 0 8 2 8 5s-3.5 5-8 5-8-2-8-5 3.5-5 8-5ZM7 14.5c-1 1-1 2.5.5 3 1.5.4 2 1.5 1 2.5',
  undo: 'M4 10h10a5 5 0 0 1 0 10h-3M4 10l4-4m-4 4 4 4',
  redo: 'M20 10H10a5 5 0 0 0 0 10h3m7-10-4-4m4 4-4 4',
  invert: 'M12 4a8 8 0 1 0 0 16V4Zm0 0a8 8 0 0 1 0 16',
  minus: 'M5 12h14',
  fit: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  compare: 'M12 3v18M4 6h5M4 18h5M4 6v12m11-12h5v12h-5',
} as const;

export type ToolIconName = keyof typeof paths | IconName;

export function ToolIcon({ name, className }: { name: ToolIconName; className?: string }) {
  return name in paths ? <Drawn path={paths[name as keyof typeof paths]} className={className} /> : <Icon name={name as IconName} className={className} />;
}
