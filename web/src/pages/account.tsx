import { useMutation } from 'urql';
import { useState } from 'react';
import { LedgerList, OrderList } from '../components/account-lists';
import { Icon } from '../components/icon';
import { OrderPanel } from '../components/order-panel';
import { Title } from '../components/page';
import { RechargeForm } from '../components/recharge-form';
import { SignOutDocument } from '../gql/graphql';
import { useText } from '../i18n';
import { forgetDraft } from '../lib/draft';
import { costOf } from '../lib/money';
import { navigate, useSearchParams } from '../lib/router';
import { resetApi, useStudio, useViewer } from '../session';

export default function Account() {
  const t = useText();
  const { email, wallet } = useViewer();
  const { creditsPerPoster, creditsPerYuan } = useStudio();
  const [params] = useSearchParams();
  const [orderId, setOrderId] = useState<string>();
  return (
    <>
      <div className="mb-6 flex flex-wrap items-center gap-x-6 gap-y-2">
        <Title documentTitle={t.account.title}>{t.account.title}</Title>
        <p className="min-w-0 text-muted">
          <span className="sr-only">{t.account.signedInAs} </span>
          {email}
        </p>
        <SignOut />
      </div>
      <div className="grid gap-6 lg:grid-cols-2">
        <section className="card grid content-start gap-4 p-6 sm:p-8">
          <dl className="grid grid-cols-2 gap-4">
            <div>
              <dt className="text-sm text-muted">{t.account.available}</dt>
              <dd className="text-4xl font-bold tabular-nums" data-testid="credits">
                {wallet.credits}
              </dd>
            </div>
            <div>
              <dt className="text-sm text-muted">{t.account.frozen}</dt>
              <dd className="text-4xl font-bold text-muted tabular-nums" data-testid="frozen">
                {wallet.frozen}
              </dd>
            </div>
          </dl>
          <p className="text-sm">{t.account.worth(costOf(Number.MAX_SAFE_INTEGER, creditsPerPoster, wallet.credits).affordable)}</p>
          <p className="text-sm text-muted">{t.balance.frozenHelp}</p>
        </section>
        <section className="card grid content-start gap-5 p-6 sm:p-8" aria-labelledby="recharge-heading">
          <div className="flex items-baseline gap-3">
            <h2 id="recharge-heading" className="text-lg font-bold">
              {orderId ? t.account.order : t.account.recharge}
            </h2>
            <span className="ml-auto text-sm text-muted">{t.account.rate(creditsPerYuan)}</span>
          </div>
          {orderId ? (
            <OrderPanel key={orderId} id={orderId} fromDraft={params.get('from') === 'draft'} onDone={() => setOrderId(undefined)} />
          ) : (
            <RechargeForm onOrdered={setOrderId} />
          )}
        </section>
        <section className="card p-6 sm:p-8" aria-labelledby="ledger-heading">
          <h2 id="ledger-heading" className="mb-4 text-lg font-bold">
            {t.account.ledger}
          </h2>
          <LedgerList />
        </section>
        <section className="card p-6 sm:p-8" aria-labelledby="orders-heading">
          <h2 id="orders-heading" className="mb-4 text-lg font-bold">
            {t.account.orders}
          </h2>
          <OrderList
            onContinue={(id) => {
              setOrderId(id);
              document.getElementById('recharge-heading')?.scrollIntoView({ block: 'center' });
            }}
          />
        </section>
      </div>
    </>
  );
}

function SignOut() {
  const t = useText();
  const [state, signOut] = useMutation(SignOutDocument);
  async function leave() {
    const { error } = await signOut({ everywhere: false });
    // A credential that is already dead is as signed out as can be.
    if (error && error.networkError) return;
    forgetDraft();
    sessionStorage.clear();
    resetApi();
    navigate('/login', { replace: true });
  }
  return (
    <button type="button" className="btn btn-plain ml-auto" disabled={state.fetching} onClick={() => void leave()}>
      <Icon name="external" className="size-4" />
      {t.account.signOut}
    </button>
  );
}
