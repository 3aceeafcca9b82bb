import { type FormEvent, useEffect, useEffectEvent, useRef, useState } from 'react';
import { useQuery } from 'urql';
import { useAspectRatio } from '../components/aspect-ratio';
import { EmptyState, ErrorNotice } from '../components/feedback';
import { Icon } from '../components/icon';
import { Title } from '../components/page';
import { RenameDialog, useLeaving, useRemove } from '../components/rename-delete';
import { type GenerationCardFragment, GenerationsDocument } from '../gql/graphql';
import { useFormats, useText } from '../i18n';
import { useLastDefined } from '../lib/last-defined';
import { placeholder } from '../lib/placeholder';
import { Link, useSearchParams } from '../lib/router';

export default function History() {
  const t = useText();
  const [params, setParams] = useSearchParams();
  const search = params.get('q') ?? '';
  const [asked, setAsked] = useState<GenerationCardFragment>();
  return (
    <>
      <div className="mb-6 flex flex-wrap items-center gap-4">
        <Title documentTitle={t.history.title}>{t.history.title}</Title>
        <SearchField key={search} search={search} onSearch={(term) => setParams(term === '' ? {} : { q: term }, { replace: true })} />
      </div>
      <List key={search} search={search} onAsk={setAsked} />
      {asked && <RenameDialog generation={asked} onClose={() => setAsked(undefined)} />}
    </>
  );
}

function SearchField({ search, onSearch }: { search: string; onSearch: (term: string) => void }) {
  const t = useText();
  const [term, setTerm] = useState(search);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSearch(term.trim());
  };
  return (
    <form role="search" className="relative ml-auto w-full sm:w-72" onSubmit={submit}>
      <Icon name="search" className="pointer-events-none absolute top-3 left-3 size-5 text-muted" />
      <input
        type="search"
        className="field pl-10!"
        aria-label={t.history.searchLabel}
        placeholder={t.history.search}
        value={term}
        onChange={(event) => {
          setTerm(event.target.value);
          if (event.target.value === '') onSearch('');
        }}
      />
    </form>
  );
}

const gridClass = 'grid gap-x-4 gap-y-8 grid-cols-1 min-[22rem]:grid-cols-2 sm:grid-cols-3 sm:gap-x-5 lg:grid-cols-4 xl:grid-cols-5';

function List({ search, onAsk }: { search: string; onAsk: (generation: GenerationCardFragment) => void }) {
  const [cursors, setCursors] = useState<readonly (string | null)[]>([null]);
  return (
    <ul className={gridClass}>
      {cursors.map((after, at) => (
        <Page
          key={after ?? ''}
          search={search}
          after={after}
          last={at === cursors.length - 1}
          onMore={(cursor) => setCursors((before) => (before.includes(cursor) ? before : [...before, cursor]))}
          onAsk={onAsk}
        />
      ))}
    </ul>
  );
}

interface PageProps {
  search: string;
  after: string | null;
  last: boolean;
  onMore: (cursor: string) => void;
  onAsk: (generation: GenerationCardFragment) => void;
}

/** One page of the list asks for itself: a change to one work repeats one page, and an error leaves the others in place. */
function Page({ search, after, last, onMore, onAsk }: PageProps) {
  const t = useText();
  const [result, execute] = useQuery({
    query: GenerationsDocument,
    variables: { first: null, after, search: search === '' ? null : search },
    requestPolicy: 'cache-and-network',
  });
  const list = useLastDefined(result.data)?.generations;
  const leaving = useLeaving();
  if (!list) {
    if (result.error) {
      return (
        <li className="col-span-full">
          <ErrorNotice error={result.error} onRetry={() => execute({ requestPolicy: 'network-only' })} />
        </li>
      );
    }
    return Array.from({ length: 5 }, (_, at) => (
      <li key={at} aria-hidden="true" className="grid gap-3">
        <div className="skeleton h-5 w-3/5" />
        <div className="skeleton aspect-9/16" />
        <div className="skeleton h-4 w-2/5" />
      </li>
    ));
  }
  const shown = list.edges.filter(({ node }) => !leaving.has(node.id));
  if (shown.length === 0 && after === null && !list.pageInfo.hasNextPage) {
    return (
      <li className="col-span-full">
        {search === '' ? (
          <EmptyState title={t.history.emptyTitle} text={t.history.emptyText}>
            <Link href="/" className="btn btn-primary mt-2">
              {t.history.start}
            </Link>
          </EmptyState>
        ) : (
          <EmptyState title={t.history.nothingFound(search)} />
        )}
      </li>
    );
  }
  const next = list.pageInfo.hasNextPage ? list.pageInfo.endCursor : null;
  return (
    <>
      {shown.map(({ node }, at) => (
        <Card key={node.id} generation={node} early={after === null && at < earlyCovers} onAsk={onAsk} />
      ))}
      {last && next !== null && (
        <li className="col-span-full text-center">
          <More onMore={() => onMore(next)} />
        </li>
      )}
    </>
  );
}

/** Asks for more when it comes near the screen; a button all the same, for whoever uses keys. */
function More({ onMore }: { onMore: () => void }) {
  const t = useText();
  const button = useRef<HTMLButtonElement>(null);
  const onNear = useEffectEvent(onMore);
  useEffect(() => {
    const element = button.current;
    if (!element) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && onNear(), { rootMargin: '600px' });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <button ref={button} type="button" className="btn btn-plain" onClick={onMore}>
      {t.loadMore}
    </button>
  );
}

/** On a phone less than the truth: a list is looked over, and 24 covers in full sharpness would be one and a half megabytes. */
const coverSizes = '(min-width: 80rem) 14.5rem, (min-width: 64rem) 23vw, (min-width: 40rem) 30vw, 5.6rem';

/** The first covers are what the page is waited for; the others come when they come near. */
const earlyCovers = 5;

function Card({ generation, early, onAsk }: { generation: GenerationCardFragment; early: boolean; onAsk: (generation: GenerationCardFragment) => void }) {
  const t = useText();
  const formats = useFormats();
  const remove = useRemove();
  const aspectRatio = useAspectRatio(generation.format);
  const name = generation.productName ?? t.history.unnamed;
  const running = generation.state === 'QUEUED' || generation.state === 'RUNNING';
  const { cover, summary } = generation;
  const edits = generation.posters.reduce((sum, poster) => sum + Math.max(0, poster.revisions.length - 1), 0);
  return (
    <li className="-m-2 flex flex-col p-2 [contain-intrinsic-size:auto_27rem] [content-visibility:auto]" data-testid="work">
      <Link href={`/history/${generation.id}`} className="group flex flex-1 flex-col justify-end">
        <span className="display mb-2 line-clamp-2 text-lg group-hover:underline">{name}</span>
        <span className="sheet relative block" style={{ aspectRatio, ...placeholder(cover?.thumbhash) }}>
          {cover ? (
            <img
              src={cover.smallUrl}
              srcSet={`${cover.thumbUrl} 270w, ${cover.smallUrl} 540w`}
              sizes={coverSizes}
              width={cover.width}
              height={cover.height}
              alt=""
              loading={early ? 'eager' : 'lazy'}
              fetchPriority={early ? 'high' : 'auto'}
              decoding="async"
              className="size-full object-cover"
            />
          ) : (
            <span className="hatched grid size-full place-items-center p-4 text-center text-sm text-muted">{running ? t.history.running : t.history.noCover}</span>
          )}
          {running && <span className="absolute top-2 left-2 rounded-full bg-accent px-2.5 py-0.5 text-xs font-semibold text-on-accent">{t.history.running}</span>}
        </span>
      </Link>
      <div className="mt-1.5 flex flex-wrap items-center">
        <p className="text-sm text-muted tabular-nums max-sm:basis-full">{formats.date(generation.createdAt)}</p>
        <div role="group" aria-label={t.history.actions(name)} className="flex max-sm:order-1 max-sm:-ml-3 sm:-mr-2 sm:ml-auto">
          <CardButton icon="pen" label={t.history.rename} onClick={() => onAsk(generation)} />
          {summary.succeeded > 0 && (
            <a href={`/files/${generation.id}/archive.zip`} download className="grid size-11 place-items-center rounded-lg text-muted hover:bg-sunken hover:text-ink sm:size-9" aria-label={t.history.download} title={t.history.download}>
              <Icon name="download" className="size-4.5" />
            </a>
          )}
          <CardButton icon="trash" label={t.history.remove} onClick={() => remove(generation)} />
        </div>
        <p className="basis-full text-sm text-muted tabular-nums">
          {t.history.count(summary.succeeded, summary.total)}
          {edits > 0 && ` · ${t.history.edits(edits)}`}
        </p>
      </div>
    </li>
  );
}

function CardButton({ icon, label, onClick }: { icon: 'pen' | 'trash'; label: string; onClick: () => void }) {
  return (
    <button type="button" className="grid size-11 place-items-center rounded-lg text-muted hover:bg-sunken hover:text-ink sm:size-9" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} className="size-4.5" />
    </button>
  );
}
