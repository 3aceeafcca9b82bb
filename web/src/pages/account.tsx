import { useMutation } from 'urql';
import { Suspense, lazy, useEffect, useState } from 'react';
import { LedgerList, OrderList } from '../components/account-lists';
import { Icon } from '../components/icon';
import { Title } from '../components/page';
import { RechargeForm } from '../components/recharge-form';
import { CsvButton, Spending } from '../components/spending';
import { SignOutDocument } from '../gql/graphql';
import { useText } from '../i18n';
import { forgetDraft } from '../lib/draft';
import { forgetEdits } from '../lib/edit-draft';
import { lazyPage } from '../lib/lazy-page';
import { costOf } from '../lib/money';
import { navigate, useSearchParams } from '../lib/router';
import { resetApi, useStudio, useViewer } from '../session';

const loadOrder = () => import('../components/order-panel');
const Partners = lazyPage('partners', () => import('../components/partners'));
const Security = lazyPage('security', () => import('../components/security'));
const OrderPanel = lazy(loadOrder);

export default function Account() {
  const t = useText('account');
  const words = useText('account').accountMore;
  const { email, wallet } = useViewer();
  const { creditsPerPoster, creditsPerYuan } = useStudio();
  const [params] = useSearchParams();
  const [orderId, setOrderId] = useState<string>();
  // An order follows on one tap: its sheet is there by then.
  useEffect(() => {
    const timer = setTimeout(() => loadOrder().catch(() => undefined), 1_500);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      <div className="mb-6 flex flex-wrap items-center gap-x-6 gap-y-2">
        <Title documentTitle={t.account.title}>{t.account.title}</Title>
        <p className="min-w-0 text-muted">
          <span className="sr-only">{t.account.signedInAs} </span>
          {email}
        </p>
        <SignOut className="ml-auto">{t.account.signOut}</SignOut>
      </div>
      {/* Read in the order that money is thought of; beside each other where there is room. */}
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_26rem] lg:grid-rows-[auto_1fr]">
        <section className="card grid gap-6 p-6 sm:p-8">
          <dl className="flex flex-wrap gap-x-14 gap-y-4">
            <div>
              <dt className="text-sm text-muted">{t.account.available}</dt>
              <dd className="display text-4xl tabular-nums" data-testid="credits">
                {wallet.credits}
              </dd>
            </div>
            <div>
              <dt className="text-sm text-muted">{t.account.frozen}</dt>
              <dd className="display text-4xl text-muted tabular-nums" data-testid="frozen">
                {wallet.frozen}
              </dd>
            </div>
            <div className="max-w-64 self-end text-sm text-muted sm:ml-auto sm:text-right">
              <dt className="sr-only">{words.unit(creditsPerPoster)}</dt>
              <dd className="font-semibold text-ink">{t.account.worth(costOf(Number.MAX_SAFE_INTEGER, creditsPerPoster, wallet.credits).affordable)}</dd>
              <dd>{words.unit(creditsPerPoster)}</dd>
            </div>
          </dl>
          <p className="text-sm text-muted">{t.balance.frozenHelp}</p>
          <Spending />
        </section>
        <div className="grid gap-6 lg:col-start-2 lg:row-span-2 lg:row-start-1">
          <section className="card grid content-start gap-5 p-6 sm:p-8" aria-labelledby="recharge-heading">
            <div className="flex items-baseline gap-3">
              <h2 id="recharge-heading" className="display text-lg">
                {orderId ? t.account.order : t.account.recharge}
              </h2>
              <span className="ml-auto text-sm text-muted">{t.account.rate(creditsPerYuan)}</span>
            </div>
            {orderId ? (
              <Suspense fallback={<div aria-busy="true" className="skeleton h-40" />}>
                <OrderPanel key={orderId} id={orderId} fromDraft={params.get('from') === 'draft'} onDone={() => setOrderId(undefined)} />
              </Suspense>
            ) : (
              <RechargeForm onOrdered={setOrderId} />
            )}
          </section>
          <section className="card p-6 sm:p-8" aria-labelledby="orders-heading">
            <h2 id="orders-heading" className="display mb-3 text-lg">
              {t.account.orders}
            </h2>
            <OrderList
              onContinue={(id) => {
                setOrderId(id);
                document.getElementById('recharge-heading')?.scrollIntoView({ block: 'center' });
              }}
            />
          </section>
          <section className="card grid gap-3 p-6 sm:p-8" aria-labelledby="security-heading">
            <h2 id="security-heading" className="display text-lg">
              {words.security}
            </h2>
            <Suspense fallback={<div aria-busy="true" className="skeleton h-48" />}>
              <Security>
                <SignOut everywhere className="btn-small justify-self-start">
                  {words.everywhere}
                </SignOut>
              </Security>
            </Suspense>
          </section>
        </div>
        <div className="grid gap-6">
          <section className="card p-6 sm:p-8" aria-labelledby="ledger-heading">
            <div className="mb-3 flex items-center gap-3">
              <h2 id="ledger-heading" className="display text-lg">
                {t.account.ledger}
              </h2>
              <CsvButton />
            </div>
            <LedgerList />
          </section>
          <section className="card p-6 sm:p-8" aria-labelledby="keys-heading">
            <h2 id="keys-heading" className="display mb-3 text-lg">
              {words.partners}
            </h2>
            <Suspense fallback={<div aria-busy="true" className="skeleton h-80" />}>
              <Partners />
            </Suspense>
          </section>
        </div>
      </div>
    </>
  );
}

function SignOut({ everywhere = false, className, children }: { everywhere?: boolean; className: string; children: string }) {
  const [state, signOut] = useMutation(SignOutDocument);
  async function leave() {
    const { error } = await signOut({ everywhere });
    // A credential that is already dead is as signed out as can be.
    if (error && error.networkError) return;
    forgetDraft();
    forgetEdits();
    void import('../lib/shelf').then(({ shelf }) => shelf.clear()).catch(() => undefined);
    sessionStorage.clear();
    resetApi();
    navigate('/login', { replace: true });
  }
  return (
    <button type="button" className={`btn btn-plain ${className}`} disabled={state.fetching} onClick={() => void leave()}>
      <Icon name="external" className="size-4" />
      {children}
    </button>
  );
}
