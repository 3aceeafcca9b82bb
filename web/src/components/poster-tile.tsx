import type { PosterFieldsFragment, PosterStage } from '../gql/graphql';
import { useText, useTitle } from '../i18n';
import { useNow } from '../lib/now';
import { placeholder } from '../lib/placeholder';
import { FreeMark } from './free-mark';
import { Icon, type IconName } from './icon';

export interface TileDimension {
  index: number;
  number: string;
  titleZh: string;
  titleEn: string;
}

interface TileProps {
  dimension: TileDimension;
  /** Missing while the request that will make it is still under way. */
  poster?: PosterFieldsFragment;
  aspectRatio: number;
  price: number;
  stage?: PosterStage | undefined;
  startedAt?: string | undefined;
  onOpen?: () => void;
  onRetry?: (() => void) | undefined;
  retryDisabled?: boolean;
}

const look: Record<PosterFieldsFragment['state'], { icon: IconName; tone: string }> = {
  QUEUED: { icon: 'clock', tone: 'text-muted' },
  RUNNING: { icon: 'spark', tone: 'text-accent' },
  SUCCEEDED: { icon: 'check', tone: 'text-good' },
  REFUNDED: { icon: 'alert', tone: 'text-bad' },
  CANCELED: { icon: 'stop', tone: 'text-muted' },
};

/** One poster in its final place: picture, state and money in words, and what can be done about it. */
export function PosterTile({ dimension, poster, aspectRatio, price, stage, startedAt, onOpen, onRetry, retryDisabled }: TileProps) {
  const t = useText();
  const title = useTitle();
  const state = poster?.state ?? 'QUEUED';
  const revision = poster?.revisions.at(-1);
  // A picture beside a refund (made by the built-in engine, or too late) has cost nothing.
  const free = revision !== undefined && state === 'REFUNDED';
  const { icon, tone } = look[state];
  const name = `${dimension.number} ${title(dimension)}`;
  const retry = onRetry && (
    <button type="button" className="btn btn-plain btn-small" disabled={retryDisabled} onClick={onRetry}>
      {t.poster.retry(price)}
    </button>
  );
  return (
    <li className="flex flex-col" data-testid="tile" data-state={state}>
      <div className="sheet relative" style={{ aspectRatio }}>
        {revision ? (
          <button type="button" className="block size-full" aria-label={t.poster.open(name)} onClick={onOpen}>
            <img
              src={revision.smallUrl}
              srcSet={`${revision.thumbUrl} 270w, ${revision.smallUrl} 540w, ${revision.largeUrl} 1080w`}
              sizes="(min-width: 80rem) 12rem, (min-width: 64rem) 22vw, (min-width: 40rem) 30vw, 45vw"
              width={revision.width}
              height={revision.height}
              alt={name}
              decoding="async"
              className="fade-in size-full object-cover"
              style={placeholder(revision.thumbhash)}
            />
            {free && <FreeMark />}
          </button>
        ) : (
          <div className={`grid size-full place-items-center p-3 text-center ${state === 'QUEUED' ? 'hatched' : state === 'RUNNING' ? 'painting' : ''}`}>
            <div className="grid justify-items-center gap-2">
              <Icon name={icon} className={`size-7 ${tone}`} />
              {state === 'RUNNING' && <Running stage={stage} startedAt={startedAt} />}
              {state === 'REFUNDED' && poster?.failure && <p className="text-sm text-bad">{t.poster.failures[poster.failure.code]}</p>}
              {retry}
            </div>
          </div>
        )}
      </div>
      <p className="mt-2.5 leading-snug font-semibold">{name}</p>
      <p className={`flex flex-wrap items-center gap-x-1.5 text-sm ${tone}`}>
        <Icon name={icon} className="size-4" />
        <span>{t.poster.states[state]}</span>
        <span className="text-muted tabular-nums">· {money()}</span>
      </p>
      {free && (
        <>
          <p className="mb-2 text-sm leading-snug text-muted">{t.poster.freeText}</p>
          {retry}
        </>
      )}
    </li>
  );

  function money(): string {
    if (state === 'SUCCEEDED') return t.poster.captured(poster?.creditsCaptured ?? price);
    if (state === 'REFUNDED' || state === 'CANCELED') return t.poster.released(poster?.creditsReleased ?? price);
    return t.poster.held(price);
  }
}

function Running({ stage, startedAt }: { stage: PosterStage | undefined; startedAt: string | undefined }) {
  const t = useText();
  const nowMs = useNow(startedAt !== undefined);
  const seconds = startedAt === undefined ? 0 : Math.max(0, Math.floor((nowMs - Date.parse(startedAt)) / 1000));
  return (
    <p className="text-sm text-ink">
      {stage ? t.poster.stages[stage] : t.poster.states.RUNNING}
      {seconds > 0 && <span className="block text-muted tabular-nums">{t.poster.seconds(seconds)}</span>}
    </p>
  );
}
