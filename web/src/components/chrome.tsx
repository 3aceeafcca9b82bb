import { type ReactNode, Suspense, useEffect, useEffectEvent, useState } from 'react';
import { connectionStore } from '../api/connection';
import { outageMs } from '../api/use-generation';
import { useStream } from '../api/use-stream';
import { WalletChangedDocument } from '../gql/graphql';
import { chooseLocale, useLocale, useText } from '../i18n';
import { lazyPage } from '../lib/lazy-page';
import { Link, navigate, usePath } from '../lib/router';
import { useStore } from '../lib/store';
import { type Theme, chooseTheme, useTheme } from '../lib/theme';
import { pendingHold, reconnect, useViewer } from '../session';
import { Toasts } from './feedback';
import { Icon, type IconName, Mark } from './icon';

const Shortcuts = lazyPage('shortcuts', () => import('./shortcuts'));

const goKeys: Record<string, string> = { g: '/', h: '/history', m: '/me' };
const goWithinMs = 1_200;

/** `?` shows the keys there are; `g` and a letter go to a page. Never while somebody types or a dialog is open. */
function Keys() {
  const [shown, setShown] = useState(false);
  const [goSinceMs, setGoSinceMs] = useState(-goWithinMs);
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const typing = event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable], dialog');
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    const target = event.timeStamp - goSinceMs < goWithinMs ? goKeys[key] : undefined;
    setGoSinceMs(key === 'g' && target === undefined ? event.timeStamp : -goWithinMs);
    if (target !== undefined) navigate(target);
    else if (key === '?') setShown(true);
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKey(event);
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
  return shown ? (
    <Suspense>
      <Shortcuts onClose={() => setShown(false)} />
    </Suspense>
  ) : null;
}

/** What every page stands in. */
export function Chrome({ children }: { children: ReactNode }) {
  const t = useText();
  return (
    <>
      <SkipLink />
      <header className="sticky top-0 z-20 border-b border-line bg-canvas/95 backdrop-blur">
        <div className="mx-auto flex h-16 max-w-7xl items-center gap-2 px-4 sm:gap-4 sm:px-6">
          <Link href="/" className="display flex items-center gap-2.5 text-lg">
            <Mark />
            <span className="max-sm:sr-only">{t.name}</span>
          </Link>
          <nav aria-label={t.nav.label} className="hidden gap-1 sm:flex">
            <Tabs wide />
          </nav>
          <div className="ml-auto flex items-center gap-1 sm:gap-2">
            <Balance />
            <LanguageSwitch />
            <ThemeSwitch />
          </div>
        </div>
        <ConnectionBar />
      </header>
      <main id="main" className="mx-auto max-w-7xl px-4 pt-6 pb-32 sm:px-6 sm:pb-16">
        {children}
      </main>
      <nav aria-label={t.nav.label} className="fixed inset-x-0 bottom-0 z-20 grid grid-cols-3 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] sm:hidden">
        <Tabs wide={false} />
      </nav>
      <Toasts />
      <Keys />
    </>
  );
}

export function SkipLink() {
  const t = useText();
  return (
    <a href="#main" className="btn btn-primary absolute top-2 left-2 z-50 -translate-y-20 focus:translate-y-0">
      {t.skip}
    </a>
  );
}

function Tabs({ wide }: { wide: boolean }) {
  const t = useText();
  const path = usePath();
  const tabs: { href: string; text: string; icon: IconName; here: boolean }[] = [
    { href: '/', text: t.nav.generate, icon: 'create', here: path === '/' },
    { href: '/history', text: t.nav.history, icon: 'history', here: path.startsWith('/history') },
    { href: '/me', text: t.nav.account, icon: 'person', here: path === '/me' },
  ];
  return tabs.map((tab) => (
    <Link
      key={tab.href}
      href={tab.href}
      aria-current={tab.here ? 'page' : undefined}
      className={
        wide
          ? `flex min-h-11 items-center rounded-lg px-3 font-medium ${tab.here ? 'text-ink underline decoration-accent decoration-2 underline-offset-8' : 'text-muted hover:text-ink'}`
          : `flex min-h-14 flex-col items-center justify-center text-xs font-medium ${tab.here ? 'text-accent' : 'text-muted'}`
      }
    >
      {!wide && <Icon name={tab.icon} className="size-6" />}
      {tab.text}
    </Link>
  ));
}

function Balance() {
  const t = useText();
  const { wallet } = useViewer();
  const hold = useStore(pendingHold);
  // The payload lands in the cache by itself; the header only keeps the subscription open.
  useStream(WalletChangedDocument, {});
  const credits = wallet.credits - hold;
  const frozen = wallet.frozen + hold;
  return (
    <Link
      href="/me"
      title={t.balance.frozenHelp}
      aria-label={t.balance.label(credits, frozen)}
      data-testid="balance"
      className="flex min-h-11 min-w-24 items-center justify-center gap-1.5 rounded-full border border-line bg-surface px-3 text-sm font-semibold whitespace-nowrap tabular-nums hover:border-control"
    >
      <Icon name="coin" className="size-4 text-accent" />
      <span>{t.balance.available(credits)}</span>
      {frozen > 0 && <span className="font-normal text-muted">· {t.balance.frozen(frozen)}</span>}
    </Link>
  );
}

export function LanguageSwitch() {
  const t = useText();
  const locale = useLocale();
  return (
    <button
      type="button"
      className="btn btn-quiet px-2! text-sm"
      lang={locale === 'zh' ? 'en' : 'zh-CN'}
      onClick={() => void chooseLocale(locale === 'zh' ? 'en' : 'zh')}
    >
      <span aria-hidden="true">{locale === 'zh' ? 'EN' : '中'}</span>
      <span className="sr-only">{t.language.switchTo}</span>
    </button>
  );
}

const themes: { theme: Theme; icon: IconName }[] = [
  { theme: 'system', icon: 'screen' },
  { theme: 'light', icon: 'sun' },
  { theme: 'dark', icon: 'moon' },
];

export function ThemeSwitch() {
  const t = useText();
  const theme = useTheme();
  const at = themes.findIndex((one) => one.theme === theme);
  const shown = themes[at] ?? themes[0];
  const next = themes[(at + 1) % themes.length];
  if (!shown || !next) return null;
  return (
    <button
      type="button"
      className="btn btn-quiet px-2!"
      title={`${t.theme.label}: ${t.theme[shown.theme]}`}
      aria-label={`${t.theme.label}: ${t.theme[shown.theme]}`}
      onClick={() => chooseTheme(next.theme)}
    >
      <Icon name={shown.icon} />
    </button>
  );
}

const blinkMs = 1_000;

/** Says that the line is down, but not for every blink of it. */
function ConnectionBar() {
  const t = useText();
  const connection = useStore(connectionStore);
  const sinceMs = connection.status === 'closed' ? connection.sinceMs : undefined;
  const [stage, setStage] = useState<'none' | 'lost' | 'long'>('none');
  useEffect(() => {
    if (sinceMs === undefined) return;
    const wait = (ms: number) => Math.max(0, sinceMs + ms - Date.now());
    const lost = setTimeout(() => setStage('lost'), wait(blinkMs));
    const long = setTimeout(() => setStage('long'), wait(outageMs));
    return () => {
      clearTimeout(lost);
      clearTimeout(long);
      setStage('none');
    };
  }, [sinceMs]);
  return (
    <div role="status">
      {stage !== 'none' && (
        <div className="flex flex-wrap items-center justify-center gap-3 bg-warn-soft px-4 py-1.5 text-sm text-warn">
          {stage === 'lost' ? t.connection.lost : t.connection.long}
          {stage === 'long' && (
            <button type="button" className="btn btn-plain btn-small" onClick={reconnect}>
              {t.connection.retry}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
