import { useText } from '../i18n';
import { Dialog } from './dialog';
import { Icon } from './icon';

/** The sheet itself; its code comes when somebody asks for it. */
export default function Shortcuts({ onClose }: { onClose: () => void }) {
  const t = useText();
  const words = useText('shortcuts').shortcuts;
  return (
    <Dialog label={words.title} onClose={onClose} className="w-[min(34rem,calc(100vw-2rem))] rounded-2xl p-6 sm:p-8">
      <div className="mb-4 flex items-start">
        <h2 className="display text-xl">{words.title}</h2>
        <button type="button" className="btn btn-quiet -mt-2 -mr-3 ml-auto" aria-label={t.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <div className="grid gap-x-10 gap-y-5 sm:grid-cols-2">
        <Keys title={words.everywhere} rows={words.rows} />
        <Keys title={words.picture} rows={words.pictureRows} />
      </div>
    </Dialog>
  );
}

function Keys({ title, rows }: { title: string; rows: readonly string[][] }) {
  return (
    <section>
      <h3 className="mb-2 text-sm font-semibold text-muted">{title}</h3>
      <dl className="grid gap-1.5">
        {rows.map(([key, text]) => (
          <div key={key} className="flex flex-row-reverse items-baseline justify-between gap-4">
            <dt>
              <kbd className="rounded-sm border border-line bg-sunken px-1.5 font-sans text-xs whitespace-nowrap">{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
