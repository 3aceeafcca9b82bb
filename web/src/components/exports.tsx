import { useState } from 'react';
import { useQuery } from 'urql';
import { ExportMarketsDocument } from '../gql/graphql';
import { useText, useTitle } from '../i18n';
import { ErrorNotice } from './feedback';
import { Icon } from './icon';

/** Packs for marketplaces; the list is asked for when it is opened. */
export function MarketPacks({ id }: { id: string }) {
  const t = useText();
  const title = useTitle();
  const [open, setOpen] = useState(false);
  const [result, execute] = useQuery({ query: ExportMarketsDocument, pause: !open });
  const file = (name: string) => `/files/${id}/exports/${name}`;
  return (
    <details className="card mb-4 px-5 py-3" onToggle={(event) => setOpen(event.currentTarget.open)} data-testid="exports">
      <summary className="min-h-8 font-semibold">{t.detail.exports}</summary>
      <p className="mt-1 text-sm text-muted">{t.detail.exportsText}</p>
      {result.error && <ErrorNotice error={result.error} onRetry={() => execute({ requestPolicy: 'network-only' })} />}
      <ul className="mt-3 flex flex-wrap gap-2 pb-2">
        <li>
          <a className="btn btn-plain btn-small" href={`${file('white-main.jpg')}?download=1`} download>
            <Icon name="image" className="size-4" />
            {t.detail.whiteMain}
          </a>
        </li>
        {result.data?.exportMarkets.map((market) => (
          <li key={market.code}>
            <a className="btn btn-plain btn-small" href={file(`${market.code}.zip`)} download title={t.detail.checkedOn(market.checkedOn)}>
              <Icon name="download" className="size-4" />
              {title(market)}
            </a>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** The pictures beside one poster: one language, no words, the background. */
export function PosterExports({ posterId }: { posterId: string }) {
  const t = useText();
  const [generation, index] = posterId.split('/');
  const kinds = { zh: t.detail.zhOnly, en: t.detail.enOnly, clean: t.detail.clean, plate: t.detail.plate };
  return (
    <ul className="mt-4 flex flex-wrap justify-center gap-2">
      {Object.entries(kinds).map(([kind, label]) => (
        <li key={kind}>
          <a className="btn btn-quiet btn-small" href={`/files/${generation}/exports/${index}-prime.${kind}.jpg?download=1`} download>
            <Icon name="download" className="size-4" />
            {label}
          </a>
        </li>
      ))}
    </ul>
  );
}
