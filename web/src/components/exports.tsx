import { useId, useState } from 'react';
import { useQuery } from 'urql';
import { ExportMarketsDocument, type ExportRegion } from '../gql/graphql';
import { useText, useTitle } from '../i18n';
import { ErrorNotice } from './feedback';
import { Icon } from './icon';

/** One kind of download under its heading. */
function Group({ title, hint, children }: { title: string; hint?: string; children: React.ReactNode }) {
  const heading = useId();
  return (
    <div role="group" aria-labelledby={heading}>
      <h3 id={heading} className="text-sm font-semibold">
        {title}
      </h3>
      {hint && <p className="text-sm text-muted">{hint}</p>}
      <ul className="mt-2 flex flex-wrap gap-2">{children}</ul>
    </div>
  );
}

function Download({ href, label, title }: { href: string; label: string; title?: string }) {
  return (
    <li>
      <a className="btn btn-plain btn-small" href={href} download title={title}>
        <Icon name="download" className="size-4" />
        {label}
      </a>
    </li>
  );
}

/** What can be taken away of the whole set; the marketplaces are asked for when it is opened. */
export function SetExports({ id }: { id: string }) {
  const t = useText('detail');
  const title = useTitle();
  const [open, setOpen] = useState(false);
  const [result, execute] = useQuery({ query: ExportMarketsDocument, pause: !open });
  const file = (name: string) => `/files/${id}/exports/${name}`;
  const markets = (region: ExportRegion) => result.data?.exportMarkets.filter((market) => market.region === region) ?? [];
  return (
    <details className="card mb-4 px-5 py-3" onToggle={(event) => setOpen(event.currentTarget.open)} data-testid="exports">
      <summary className="min-h-8 font-semibold">
        <h2 className="inline">{t.detail.exports}</h2>
      </summary>
      <div className="mt-3 grid gap-5 pb-2">
        <Group title={t.detail.whiteMain} hint={t.detail.whiteMainText}>
          <Download href={`${file('white-main.jpg')}?download=1`} label={t.detail.whiteMainFile} />
        </Group>
        {result.error && <ErrorNotice error={result.error} onRetry={() => execute({ requestPolicy: 'network-only' })} />}
        {(['CHINA', 'ABROAD'] as const).map(
          (region, at) =>
            markets(region).length > 0 && (
              <Group key={region} title={t.detail.markets[region]} {...(at === 0 && { hint: t.detail.marketsText })}>
                {markets(region).map((market) => (
                  <Download key={market.code} href={file(`${market.code}.zip`)} label={title(market)} title={t.detail.checkedOn(market.checkedOn)} />
                ))}
              </Group>
            ),
        )}
      </div>
    </details>
  );
}

/** The pictures beside one version of a poster: in one language, and without words. */
export function PosterExports({ posterId, revision }: { posterId: string; revision: string }) {
  const t = useText('detail');
  const [generation, index] = posterId.split('/');
  const groups = [
    { title: t.detail.languages, kinds: { zh: t.detail.zhOnly, en: t.detail.enOnly } },
    { title: t.detail.wordless, kinds: { clean: t.detail.clean, plate: t.detail.plate } },
  ];
  return (
    <div className="mt-5 flex flex-wrap justify-center gap-x-10 gap-y-4">
      {groups.map(({ title, kinds }) => (
        <Group key={title} title={title}>
          {Object.entries(kinds).map(([kind, label]) => (
            <Download key={kind} href={`/files/${generation}/exports/${index}-${revision}.${kind}.jpg?download=1`} label={label} />
          ))}
        </Group>
      ))}
    </div>
  );
}
