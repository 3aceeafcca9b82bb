import { Component, type ReactNode, Suspense, lazy, useEffect } from 'react';
import { useQuery } from 'urql';
import { Chrome } from './components/chrome';
import { ErrorNotice } from './components/feedback';
import { PageSkeleton, Title } from './components/page';
import { StudioDocument, ViewerDocument } from './gql/graphql';
import { useText } from './i18n';
import { useLastDefined } from './lib/last-defined';
import { Link, Route, Switch, loginPath, navigate, useLocation } from './lib/router';
import { ApiProvider, StudioProvider, ViewerProvider } from './session';

const Login = lazy(() => import('./pages/login'));
const Generate = lazy(() => import('./pages/generate'));
const History = lazy(() => import('./pages/history'));
const Detail = lazy(() => import('./pages/detail'));
const Account = lazy(() => import('./pages/account'));

export function App() {
  return (
    <Boundary>
      <ApiProvider>
        <Suspense fallback={<Bare />}>
          <Switch>
            <Route path="/login">
              <WithStudio>
                <Login />
              </WithStudio>
            </Route>
            <Route>
              <WithStudio>
                <SignedIn />
              </WithStudio>
            </Route>
          </Switch>
        </Suspense>
      </ApiProvider>
    </Boundary>
  );
}

function Bare({ children }: { children?: ReactNode }) {
  return <main className="mx-auto max-w-7xl px-4 pt-24 sm:px-6">{children ?? <PageSkeleton />}</main>;
}

function WithStudio({ children }: { children: ReactNode }) {
  const [result, execute] = useQuery({ query: StudioDocument });
  if (result.data) return <StudioProvider value={result.data.studio}>{children}</StudioProvider>;
  if (result.error) {
    return (
      <Bare>
        <ErrorNotice error={result.error} onRetry={() => execute({ requestPolicy: 'network-only' })} />
      </Bare>
    );
  }
  return <Bare />;
}

function SignedIn() {
  const [path] = useLocation();
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
    return <Bare>{result.error && <ErrorNotice error={result.error} onRetry={() => execute({ requestPolicy: 'network-only' })} />}</Bare>;
  }
  return (
    <ViewerProvider value={viewer}>
      <Chrome>
        <Boundary key={path}>
          <Suspense fallback={<PageSkeleton />}>
            <Switch>
              <Route path="/" component={Generate} />
              <Route path="/history" component={History} />
              <Route path="/history/:id">{({ id }) => <Detail key={id} id={id} />}</Route>
              <Route path="/me" component={Account} />
              <Route component={NotFound} />
            </Switch>
          </Suspense>
        </Boundary>
      </Chrome>
    </ViewerProvider>
  );
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
      <p className="text-lg font-semibold">{t.errors.pageFailed}</p>
      <button type="button" className="btn btn-primary" onClick={() => location.reload()}>
        {t.errors.reload}
      </button>
    </div>
  );
}
