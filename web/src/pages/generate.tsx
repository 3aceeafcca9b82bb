import { Suspense, lazy, useEffect, useRef, useState } from 'react';
import { useClient, useMutation } from 'urql';
import { problemOf, refusalText } from '../api/errors';
import { useGeneration } from '../api/use-generation';
import { Alert, ErrorNotice, toast } from '../components/feedback';
import { GenerateForm, type Order } from '../components/generate-form';
import { Lightbox, useLightbox } from '../components/lightbox-lazy';
import { Title } from '../components/page';
import { loadSender } from '../components/photo-picker';
import { loadGallery } from '../components/style-options';
import { CreateGenerationDocument, ViewerDocument } from '../gql/graphql';
import { useText, useTitle } from '../i18n';
import { finishDraft, updateDraft, useDraft } from '../lib/draft';
import { keyFor, settleKey } from '../lib/idempotency';
import { readKept, writeKept } from '../lib/keep';
import { tally } from '../lib/progress';
import { Link } from '../lib/router';
import { pendingHold, useStudio, useViewer } from '../session';

const loadResults = () => import('../components/results');
const PendingTiles = lazy(async () => ({ default: (await loadResults()).PendingTiles }));
const Results = lazy(async () => ({ default: (await loadResults()).Results }));

const shownKey = 'haibao.shown';

interface Pending {
  indexes: number[];
  format: string | null;
}

export default function Generate() {
  const t = useText('generate');
  const client = useClient();
  const viewer = useViewer();
  const { creditsPerPoster } = useStudio();
  const draft = useDraft();
  const lightbox = useLightbox();
  const results = useRef<HTMLDivElement>(null);

  // The running task is shown whoever started it; a finished one stays in view until the next.
  const activeId = viewer.activeGeneration?.id;
  const [kept, setKept] = useState(() => readKept<{ id: string; of: string }>(sessionStorage, shownKey));
  const keptId = kept?.of === viewer.id ? kept.id : undefined;
  const shownId = activeId ?? keptId;
  const show = (id: string | undefined) => {
    const next = id === undefined ? undefined : { id, of: viewer.id };
    writeKept(sessionStorage, shownKey, next);
    setKept(next);
  };
  if (activeId !== undefined && activeId !== keptId) show(activeId);

  const { generation, fetching, error, active, live, refresh } = useGeneration(shownId);
  const [pending, setPending] = useState<Pending>();
  const [problem, setProblem] = useState<{ text: string; recharge: boolean }>();
  const [, create] = useMutation(CreateGenerationDocument);

  // The tiles have to be there within a frame when they are wanted: their code, and that for photos and looks, comes while the form is filled in.
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const load of [loadResults, loadSender, loadGallery]) load().catch(() => undefined);
    }, 1_500);
    return () => clearTimeout(timer);
  }, []);

  // The list of what is active is the server's; ask it again where the page has seen the end but missed the word of it.
  const endedUnheard = activeId !== undefined && generation?.id === activeId && !active;
  useEffect(() => {
    if (endedUnheard) void client.query(ViewerDocument, {}, { requestPolicy: 'network-only' }).toPromise();
  }, [endedUnheard, client]);

  async function submit(order: Order, again = false) {
    setProblem(undefined);
    setPending({ indexes: order.dimensions, format: order.format });
    pendingHold.set(order.dimensions.length * creditsPerPoster);
    results.current?.scrollIntoView({ behavior: 'smooth', block: 'start' });
    const { data, error: failure } = await create({
      input: {
        idempotencyKey: keyFor('generation', order),
        photoIds: order.photoIds,
        description: order.description,
        dimensions: order.dimensions,
        ...(order.format && { format: order.format }),
        ...(order.composition && { composition: order.composition }),
        style: {
          ...(order.visual && { visual: order.visual }),
          ...(order.typography && { typography: order.typography }),
          ...(order.layout && { layout: order.layout }),
        },
      },
    });
    const result = data?.createGeneration;
    const photoGone = result?.__typename === 'InvalidInput' && result.fields.some((field) => field.path.includes('photoIds') && field.code === 'NOT_FOUND');
    if (photoGone) {
      const photos = again ? undefined : await loadSender().then((sender) => sender.sendAgain(draft.photos)).catch(() => undefined);
      updateDraft((before) => ({ ...before, photos: photos ?? [] }));
      settleKey('generation');
      if (photos) return submit({ ...order, photoIds: photos.map((photo) => photo.id) }, true);
    }
    pendingHold.set(0);
    setPending(undefined);
    if (failure) {
      const { text, code } = problemOf(failure, t);
      if (code === 'IDEMPOTENCY_CONFLICT') settleKey('generation');
      return setProblem({ text, recharge: false });
    }
    if (!result) return;
    settleKey('generation');
    if (result.__typename === 'CreateGenerationSuccess') return show(result.generation.id);
    if (result.__typename === 'GenerationInProgress') {
      show(result.generation.id);
      return toast(t.generate.inProgress);
    }
    if (photoGone) return setProblem({ text: t.generate.photoGone, recharge: false });
    setProblem({ text: refusalText(result, t), recharge: result.__typename === 'InsufficientCredits' });
  }

  const sum = generation ? tally(generation.posters) : undefined;
  const running = active && sum ? sum : activeId !== undefined && !generation ? { settled: 0, total: 0 } : undefined;
  return (
    <>
      <Title className="mb-6" documentTitle={active && sum ? `(${sum.settled}/${sum.total}) ${t.generate.title}` : t.generate.title}>
        {t.generate.title}
      </Title>
      <div className="grid gap-8 lg:grid-cols-[22rem_minmax(0,1fr)] lg:gap-10">
        <div>
          <GenerateForm draft={draft} running={running} submitting={pending !== undefined} onSubmit={(order) => void submit(order)} />
          {problem && (
            <div className="mt-3">
              <Alert>
                {problem.text}
                {problem.recharge && (
                  <Link href="/me?from=draft" className="link">
                    {t.generate.recharge}
                  </Link>
                )}
              </Alert>
            </div>
          )}
        </div>
        <div ref={results} className={`min-w-0 scroll-mt-20 ${pending || generation ? 'max-lg:order-first' : ''}`}>
          <Suspense fallback={<TilesSkeleton />}>
          {pending ? (
            <PendingTiles indexes={pending.indexes} format={pending.format} />
          ) : generation ? (
            <Results
              generation={generation}
              active={active}
              live={live}
              onOpen={lightbox.show}
              onAgain={() => {
                show(undefined);
                finishDraft();
              }}
            />
          ) : shownId !== undefined && fetching ? (
            <TilesSkeleton />
          ) : shownId !== undefined && error ? (
            <ErrorNotice error={error} onRetry={refresh} />
          ) : (
            <FirstSteps />
          )}
          </Suspense>
        </div>
      </div>
      {generation && lightbox.index !== undefined && (
        <Lightbox
          posters={generation.posters}
          index={lightbox.index}
          version={lightbox.version}
          onShow={(index, name) => lightbox.show(index, name, true)}
          onClose={lightbox.close}
        />
      )}
    </>
  );
}

function TilesSkeleton() {
  const { dimensions } = useStudio();
  return (
    <div aria-busy="true" className="grid grid-cols-2 gap-x-4 gap-y-6 sm:grid-cols-3 xl:grid-cols-5">
      {dimensions.map((dimension) => (
        <div key={dimension.index} className="skeleton aspect-9/16" />
      ))}
    </div>
  );
}

/** What the page shows before there is anything: real samples of the styles, and what a set is made of. */
function FirstSteps() {
  const t = useText('generate');
  const words = useText('generate').looks;
  const title = useTitle();
  const { dimensions, visualStyles } = useStudio();
  return (
    <section className="grid gap-8">
      <div>
        <h2 className="display text-2xl">{t.generate.emptyTitle}</h2>
        <ol className="mt-5 grid gap-4 sm:grid-cols-3">
          {t.generate.steps.map((step, at) => (
            <li key={step} className="flex items-baseline gap-3 border-t-2 border-ink pt-3">
              <span aria-hidden="true" className="numeral text-xl">
                {at + 1}
              </span>
              <span>{step}</span>
            </li>
          ))}
        </ol>
      </div>
      <div>
        <h3 className="ruled mb-4 font-semibold">{words.stylesTitle}</h3>
        <ul className="grid grid-cols-3 gap-3 sm:grid-cols-4 sm:gap-4 xl:grid-cols-7">
          {visualStyles.map((style) => (
            <li key={style.code}>
              <img src={style.sampleUrl} alt={words.sampleAlt(title(style))} width="360" height="480" decoding="async" className="sheet aspect-3/4 w-full object-cover" />
              <p className="mt-2 text-sm text-muted">{title(style)}</p>
            </li>
          ))}
        </ul>
      </div>
      <div className="max-sm:hidden">
        <h3 className="ruled mb-4 font-semibold">{words.dimensionsTitle}</h3>
        <ul className="grid grid-cols-2 gap-x-10">
          {dimensions.map((dimension) => (
            <li key={dimension.index} className="flex items-baseline gap-3 border-b border-line py-3">
              <span className="numeral shrink-0 text-lg">{dimension.number}</span>
              <span className="shrink-0 font-medium">{title(dimension)}</span>
              <span className="ml-auto truncate text-sm text-muted">{title({ titleZh: dimension.purposeZh, titleEn: dimension.purposeEn })}</span>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
