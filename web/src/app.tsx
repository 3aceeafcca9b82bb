import { Component, type ReactNode, Suspense, useEffect } from 'react';
import { type CombinedError, useQuery } from 'urql';
import { Chrome } from './components/chrome';
import { ErrorNotice } from './components/feedback';
import { Mark } from './components/icon';
import { PageSkeleton, Title } from './components/page';
import { StudioDocument, ViewerDocument } from './gql/graphql';
import { useText } from './i18n';
import { lazyPage } from './lib/lazy-page';
import { useLastDefined } from './lib/last-defined';
import { Link, loginPath, navigate, usePath } from './lib/router';
import { ApiProvider, StudioProvider, ViewerProvider } from './session';

const Login = lazyPage('login', () => import('./pages/login'));
const Generate = lazyPage('generate', () => import('./pages/generate'));
const History = lazyPage(undefined, () => import('./pages/history'));
const Detail = lazyPage('detail', () => import('./pages/detail'));
const Account = lazyPage('account', () => import('./pages/account'));

/** Begins to fetch what an address shows, while the rest is still on its way. */
export function fetchPage(path: string): void {
  const page = path === '/login' ? Login : path === '/' ? Generate : path === '/history' ? History : path === '/me' ? Account : Detail;
  page.fetch();
}

export function App() {
  const path = usePath();
  return (
    <Boundary>
      <ApiProvider>
        <Suspense fallback={<Bare />}>
          <WithStudio>{path === '/login' ? <Login /> : <SignedIn path={path} />}</WithStudio>
        </Suspense>
      </ApiProvider>
    </Boundary>
  );
}

function Bare({ children }: { children?: ReactNode }) {
  return <main className="mx-auto max-w-7xl px-4 pt-24 sm:px-6">{children ?? <PageSkeleton />}</main>;
}

/** Nothing of the server has arrived, so nothing of it can be shown. */
function Unreachable({ error, onRetry }: { error: CombinedError; onRetry: () => void }) {
  const t = useText();
  return (
    <Bare>
      <div className="mx-auto grid max-w-xl gap-6">
        <div className="flex items-center gap-3">
          <Mark className="size-10" />
          <Title documentTitle={t.errors.pageFailed}>{t.name}</Title>
        </div>
        <ErrorNotice error={error} onRetry={onRetry} />
      </div>
    </Bare>
  );
}

function WithStudio({ children }: { children: ReactNode }) {
  const [result, execute] = useQuery({ query: StudioDocument });
  // Asked in the same breath: whoever is signed in needs it next, and then it is there.
  useQuery({ query: ViewerDocument, pause: location.pathname === '/login' });
  if (result.data) return <StudioProvider value={result.data.studio}>{children}</StudioProvider>;
  if (result.error) {
    return (
      <Unreachable error={result.error} onRetry={() => execute({ requestPolicy: 'network-only' })} />
    );
  }
  return <Bare />;
}

function SignedIn({ path }: { path: string }) {
  const [result, execute] = useQuery({ query: ViewerDocument });
  const answer = useLastDefined(result.data);
  const viewer = answer?.viewer;
  const signedOut = answer !== undefined && viewer === null;

  useEffect(() => {
    if (signedOut) navigate(loginPath(location.pathname + location.search), { replace: true });
  }, [signedOut]);

  // Another tab or device may have started a task, or ended this one's.
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === 'visible') execute({ requestPolicy: 'network-only' });
    };
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [execute]);

  if (!viewer) {
    return result.error ? <Unreachable error={result.error} onRetry={() => execute({ requestPolicy: 'network-only' })} /> : <Bare />;
  }
  return (
    <ViewerProvider value={viewer}>
      <Chrome>
        <Boundary key={path}>
          <Suspense fallback={<PageSkeleton />}>
            <Page path={path} />
          </Suspense>
        </Boundary>
      </Chrome>
    </ViewerProvider>
  );
}

function Page({ path }: { path: string }) {
  switch (path) {
    case '/':
      return <Generate />;
    case '/history':
      return <History />;
    case '/me':
      return <Account />;
    default: {
      const id = /^\/history\/([^/]+)$/.exec(path)?.[1];
      return id === undefined ? <NotFound /> : <Detail key={id} id={decoded(id)} />;
    }
  }
}

/** An address can be typed by hand: what is no proper escape stands for itself. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function NotFound() {
  const t = useText();
  return (
    <div className="grid justify-items-start gap-4 py-12">
      <Title documentTitle={t.notFound.title}>{t.notFound.title}</Title>
      <p className="text-muted">{t.notFound.text}</p>
      <Link href="/" className="btn btn-primary">
        {t.notFound.home}
      </Link>
    </div>
  );
}

/** A page that breaks, or whose code does not arrive (an old tab after an update), must not take the rest with it. */
class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <PageFailed /> : this.props.children;
  }
}

function PageFailed() {
  const t = useText();
  return (
    <div role="alert" className="mx-auto grid max-w-md justify-items-center gap-4 py-24 text-center">
      <h1 className="display text-xl">{t.errors.pageFailed}</h1>
      <button type="button" className="btn btn-primary" onClick={() => location.reload()}>
        {t.errors.reload}
      </button>
    </div>
  );
}
