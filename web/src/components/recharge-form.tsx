import { type FormEvent, useState } from 'react';
import { useMutation } from 'urql';
import { problemOf, refusalText } from '../api/errors';
import { CreateOrderDocument, type PaymentChannelCode } from '../gql/graphql';
import { useText, useTitle } from '../i18n';
import { keyFor, settleKey } from '../lib/idempotency';
import { useStudio } from '../session';
import { Alert, Notice } from './feedback';

const choice = 'choice flex min-h-14 flex-col items-center justify-center px-2 py-2 text-center';

export function RechargeForm({ onOrdered }: { onOrdered: (orderId: string) => void }) {
  const t = useText('account');
  const title = useTitle();
  const { rechargeOptions, paymentChannels, creditsPerYuan, creditsPerPoster } = useStudio();
  const [picked, setPicked] = useState<number | 'custom'>(rechargeOptions[0]?.amountYuan ?? 'custom');
  const [custom, setCustom] = useState('');
  const [channel, setChannel] = useState<PaymentChannelCode | undefined>(paymentChannels[0]?.code);
  const [problem, setProblem] = useState<string>();
  const [state, createOrder] = useMutation(CreateOrderDocument);
  const amountYuan = picked === 'custom' ? Number(custom) : picked;
  const valid = Number.isSafeInteger(amountYuan) && amountYuan >= 1;
  const credits = rechargeOptions.find((option) => option.amountYuan === amountYuan)?.credits ?? amountYuan * creditsPerYuan;

  if (!channel) return <Notice>{t.account.noChannel}</Notice>;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!channel) return;
    if (!valid) return setProblem(t.account.amountInvalid);
    setProblem(undefined);
    const intention = { amountYuan, channel };
    const { data, error } = await createOrder({ input: { idempotencyKey: keyFor('order', intention), ...intention } });
    if (error) return setProblem(problemOf(error, t).text);
    settleKey('order');
    if (data?.createOrder.__typename === 'CreateOrderSuccess') onOrdered(data.createOrder.order.id);
    else if (data) setProblem(refusalText(data.createOrder, t));
  }

  return (
    <form className="grid gap-5" onSubmit={(event) => void submit(event)} noValidate>
      <fieldset>
        <legend className="label">{t.account.amount}</legend>
        <div className="grid grid-cols-2 gap-2 sm:grid-cols-3">
          {rechargeOptions.map((option) => (
            <label key={option.amountYuan} className={choice}>
              <input type="radio" name="amount" className="sr-only" checked={picked === option.amountYuan} onChange={() => setPicked(option.amountYuan)} />
              <span className="text-lg font-bold tabular-nums">¥{option.amountYuan}</span>
              <span className="text-sm text-muted tabular-nums">{t.credits(option.credits)}</span>
            </label>
          ))}
          <label className={choice}>
            <input type="radio" name="amount" className="sr-only" checked={picked === 'custom'} onChange={() => setPicked('custom')} />
            <span className="font-semibold">{t.account.custom}</span>
          </label>
        </div>
      </fieldset>
      {picked === 'custom' && (
        <div>
          <label className="label" htmlFor="custom-amount">
            {t.account.customLabel}
          </label>
          <input id="custom-amount" className="field" type="number" inputMode="numeric" min={1} step={1} value={custom} onChange={(event) => setCustom(event.target.value)} />
        </div>
      )}
      <p className="min-h-6 text-sm text-muted tabular-nums" role="status">
        {valid && t.account.equals(credits, Math.floor(credits / creditsPerPoster))}
      </p>
      <fieldset>
        <legend className="label">{t.account.channel}</legend>
        <div className="grid grid-cols-2 gap-2 sm:grid-cols-3">
          {paymentChannels.map((one) => (
            <label key={one.code} className={choice}>
              <input type="radio" name="channel" className="sr-only" checked={channel === one.code} onChange={() => setChannel(one.code)} />
              <span className="font-semibold">{title(one)}</span>
            </label>
          ))}
        </div>
      </fieldset>
      {problem && <Alert>{problem}</Alert>}
      <button type="submit" className="btn btn-primary" disabled={state.fetching} data-testid="recharge">
        {state.fetching ? t.account.paying : t.account.pay(valid ? String(amountYuan) : '–')}
      </button>
    </form>
  );
}
