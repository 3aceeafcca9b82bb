import { useState } from 'react';
import { useMutation } from 'urql';
import { problemOf, refusalText } from '../api/errors';
import { CancelGenerationDocument, type GenerationFieldsFragment, RetryPosterDocument } from '../gql/graphql';
import { useText, useTitle } from '../i18n';
import { keyFor, settleKey } from '../lib/idempotency';
import { type Follow, tally } from '../lib/progress';
import { Link } from '../lib/router';
import { useStudio, useViewer } from '../session';
import { useAspectRatio } from './aspect-ratio';
import { toast } from './feedback';
import { Icon } from './icon';
import { PosterTile } from './poster-tile';

const grid = 'grid grid-cols-2 gap-x-4 gap-y-6 sm:grid-cols-3 xl:grid-cols-5';

/** The tiles of a request that has just been sent: in their final places before the server has answered. */
export function PendingTiles({ indexes, format }: { indexes: readonly number[]; format: string | null }) {
  const t = useText('generate');
  const { dimensions, creditsPerPoster } = useStudio();
  const aspectRatio = useAspectRatio(format ?? undefined);
  return (
    <section aria-label={t.generate.results} aria-busy="true">
      <Head name={t.progress.unnamed} settled={0} total={indexes.length} />
      <ul className={grid}>
        {dimensions
          .filter((dimension) => indexes.includes(dimension.index))
          .map((dimension) => (
            <PosterTile key={dimension.index} dimension={dimension} aspectRatio={aspectRatio} price={creditsPerPoster} />
          ))}
      </ul>
    </section>
  );
}

function Head({ name, settled, total }: { name: string; settled: number; total: number }) {
  const t = useText('generate');
  return (
    <div className="mb-5">
      <div className="flex flex-wrap items-baseline gap-x-4">
        <h2 className="display text-xl">{name}</h2>
        <span className="ml-auto text-muted tabular-nums" data-testid="progress">
          {t.progress.running(settled, total)}
        </span>
      </div>
      <div
        role="progressbar"
        aria-label={t.progress.label}
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={settled}
        className="mt-3 h-1 overflow-hidden bg-sunken"
      >
        <div className="h-full bg-accent transition-[width] duration-500" style={{ width: `${total > 0 ? (settled / total) * 100 : 0}%` }} />
      </div>
    </div>
  );
}

interface ResultsProps {
  generation: GenerationFieldsFragment;
  active: boolean;
  live: Follow;
  onOpen: (index: number, name: string) => void;
  onAgain: () => void;
}

export function Results({ generation, active, live, onOpen, onAgain }: ResultsProps) {
  const t = useText('generate');
  const title = useTitle();
  const { creditsPerPoster } = useStudio();
  const viewer = useViewer();
  const aspectRatio = useAspectRatio(generation.format);
  const sum = tally(generation.posters);
  const [stopping, stop] = useMutation(CancelGenerationDocument);
  const [retrying, retry] = useMutation(RetryPosterDocument);
  const [retried, setRetried] = useState<string>();

  async function stopRest() {
    const { data, error } = await stop({ input: { generationId: generation.id } });
    if (error) toast(problemOf(error, t).text, true);
    else if (data?.cancelGeneration.__typename === 'CancelGenerationSuccess') toast(t.generate.stopped);
    else if (data) toast(refusalText(data.cancelGeneration, t), true);
  }

  async function retryOne(posterId: string) {
    setRetried(posterId);
    const scope = `retry.${posterId}`;
    const { data, error } = await retry({ input: { idempotencyKey: keyFor(scope, posterId), posterId } });
    setRetried(undefined);
    if (error) return toast(problemOf(error, t).text, true);
    settleKey(scope);
    if (data && data.retryPoster.__typename !== 'CreateGenerationSuccess') toast(refusalText(data.retryPoster, t), true);
  }

  const ended = live.ended && generation.posters.find((poster) => poster.id === live.ended?.id);
  const queued = generation.posters.some((poster) => poster.state === 'QUEUED');
  return (
    <section aria-label={t.generate.results} className="fade-in" id="results">
      <Head name={generation.productName ?? (active ? t.progress.unnamed : t.history.unnamed)} settled={sum.settled} total={sum.total} />
      <p role="status" className="sr-only">
        {ended && (ended.state === 'SUCCEEDED' ? t.poster.doneSaying(title(ended.dimension)) : ended.state === 'REFUNDED' ? t.poster.failedSaying(title(ended.dimension)) : '')}
      </p>
      <div className="mb-5 flex min-h-11 flex-wrap items-center gap-2">
        {active ? (
          <>
            <p className="text-sm text-muted tabular-nums">
              {[t.progress.ok(sum.succeeded), sum.refunded > 0 && t.progress.refunded(sum.refunded), sum.canceled > 0 && t.progress.canceled(sum.canceled)].filter(Boolean).join(' · ')}
            </p>
            {queued && (
              <button type="button" className="btn btn-plain btn-small ml-auto" data-testid="stop" disabled={stopping.fetching} onClick={() => void stopRest()}>
                <Icon name="stop" className="size-4" />
                {t.generate.stopRest}
              </button>
            )}
          </>
        ) : (
          <>
            <p className="mr-auto font-medium" data-testid="summary">
              {t.progress.finished(sum.succeeded, sum.captured, sum.refunded + sum.canceled, sum.released)}
            </p>
            {sum.succeeded > 0 && (
              <a className="btn btn-plain btn-small" href={`/files/${generation.id}/archive.zip`} download>
                <Icon name="download" className="size-4" />
                {t.downloadAll}
              </a>
            )}
            <Link href={`/history/${generation.id}`} className="btn btn-plain btn-small">
              {t.generate.details}
            </Link>
            <button type="button" className="btn btn-plain btn-small" onClick={onAgain} data-testid="again">
              {t.generate.again}
            </button>
          </>
        )}
      </div>
      <ul className={grid}>
        {generation.posters.map((poster) => (
          <PosterTile
            key={poster.id}
            dimension={poster.dimension}
            poster={poster}
            aspectRatio={aspectRatio}
            price={creditsPerPoster}
            stage={live.stages[poster.id]}
            startedAt={live.startedAt[poster.id]}
            onOpen={() => onOpen(poster.index, poster.revisions.at(-1)?.name ?? 'prime')}
            onRetry={poster.state === 'REFUNDED' ? () => void retryOne(poster.id) : undefined}
            retryDisabled={active || viewer.activeGeneration !== null || (retrying.fetching && retried === poster.id)}
          />
        ))}
      </ul>
    </section>
  );
}
