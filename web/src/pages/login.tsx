import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useMutation } from 'urql';
import { problemOf, refusalText } from '../api/errors';
import { LanguageSwitch, SkipLink, ThemeSwitch } from '../components/chrome';
import { Alert, Notice } from '../components/feedback';
import { Mark } from '../components/icon';
import { Title } from '../components/page';
import { SendLoginCodeDocument, SignInDocument } from '../gql/graphql';
import { useText } from '../i18n';
import { secondsLeft, useCountdown, waitEndMs } from '../lib/countdown';
import { readKept, writeKept } from '../lib/keep';
import { maskEmail, onlyDigits } from '../lib/login';
import { navigate, safeReturnPath, useSearchParams } from '../lib/router';
import { resetApi, useStudio } from '../session';

interface Challenge {
  email: string;
  challengeId: string;
  resendAtMs: number;
  expiresAtMs: number;
}

const storageKey = 'haibao.challenge';
const codeLength = 6;

export default function Login() {
  const t = useText('login');
  const { signIn: policy } = useStudio();
  const [params] = useSearchParams();
  const [kept] = useState(() => readKept<Challenge>(sessionStorage, storageKey));
  const [challenge, setChallenge] = useState<Challenge | undefined>(kept);
  const [email, setEmail] = useState(kept?.email ?? '');
  const [code, setCode] = useState('');
  const [problem, setProblem] = useState<string>();
  const [waitUntilMs, setWaitUntilMs] = useState(kept?.resendAtMs);
  const emailField = useRef<HTMLInputElement>(null);
  const codeField = useRef<HTMLInputElement>(null);
  const [sending, sendCode] = useMutation(SendLoginCodeDocument);
  const [signing, signIn] = useMutation(SignInDocument);
  // A full code is sent by itself, but one and the same only once.
  const tried = useRef('');

  const waitSeconds = useCountdown(waitUntilMs);
  const validSeconds = useCountdown(challenge?.expiresAtMs);
  const sentTo = challenge?.email === email.trim() ? challenge : undefined;

  useEffect(() => writeKeptChallenge(challenge), [challenge]);

  async function send() {
    if (!emailField.current?.reportValidity()) return;
    setProblem(undefined);
    const address = email.trim();
    const { data, error } = await sendCode({ input: { email: address } });
    const result = data?.sendLoginCode;
    if (!result) return setProblem(error ? problemOf(error, t).text : t.errors.unknown);
    const now = Date.now();
    if (result.__typename === 'SendLoginCodeSuccess') {
      const resendAtMs = waitEndMs(result.resendAt, policy.resendAfterSeconds, now);
      setChallenge({ email: address, challengeId: result.challengeId, resendAtMs, expiresAtMs: waitEndMs(result.expiresAt, policy.codeLifetimeSeconds, now) });
      setWaitUntilMs(resendAtMs);
      setCode('');
      tried.current = '';
      codeField.current?.focus();
      return;
    }
    if (result.__typename === 'RateLimited') setWaitUntilMs(now + result.retryAfterSeconds * 1000);
    setProblem(refusalText(result, t));
  }

  async function submit(full: string) {
    if (!emailField.current?.reportValidity()) return;
    if (!sentTo) return setProblem(t.login.sendFirst);
    if (full.length !== codeLength) return setProblem(t.login.codeFormat);
    if (secondsLeft(sentTo.expiresAtMs, Date.now()) === 0) return setProblem(t.errors.loginCode.expired);
    setProblem(undefined);
    tried.current = full;
    const { data, error } = await signIn({ input: { email: sentTo.email, code: full, challengeId: sentTo.challengeId } });
    const result = data?.signIn;
    if (!result) return setProblem(error ? problemOf(error, t).text : t.errors.unknown);
    if (result.__typename === 'SignInSuccess') {
      writeKeptChallenge(undefined);
      resetApi();
      navigate(safeReturnPath(params.get('next')), { replace: true });
      return;
    }
    setProblem(refusalText(result, t));
    if (result.__typename === 'LoginCodeRejected' && result.reason !== 'WRONG') {
      setChallenge(undefined);
      setWaitUntilMs(undefined);
    }
    codeField.current?.focus();
    codeField.current?.select();
  }

  function changeCode(text: string) {
    const digits = onlyDigits(text, codeLength);
    setCode(digits);
    if (digits.length === codeLength && digits !== tried.current && sentTo && !signing.fetching) void submit(digits);
  }

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit(code);
  };

  return (
    <>
      <SkipLink />
      <div className="grid min-h-dvh lg:grid-cols-[minmax(0,1fr)_minmax(30rem,34rem)]">
        <Wall />
        <div className="flex flex-col lg:border-l lg:border-line lg:bg-surface">
        <div className="flex justify-end gap-1 p-3">
          <LanguageSwitch />
          <ThemeSwitch />
        </div>
        <main id="main" className="mx-auto flex w-full max-w-md flex-1 flex-col justify-center px-5 pb-24">
          <div className="mb-8">
            <div className="mb-6 flex items-center gap-3 lg:mb-10">
              <Mark className="size-10" />
              <p className="display text-xl">{t.name}</p>
            </div>
            <p className="display text-3xl text-balance">{t.tagline}</p>
          </div>
          <form className="grid gap-5" onSubmit={onSubmit} noValidate>
            <Title documentTitle={t.login.title} className="text-lg!">
              {t.login.title}
            </Title>
            {params.get('expired') && <Notice>{t.login.expiredSession}</Notice>}
            {policy.codesArePrinted && <Notice>{t.login.printed}</Notice>}
            <div>
              <label className="label" htmlFor="email">
                {t.login.email}
              </label>
              <input
                ref={emailField}
                id="email"
                className="field"
                type="email"
                name="email"
                autoComplete="email"
                placeholder="name@example.com"
                required
                value={email}
                onChange={(event) => setEmail(event.target.value)}
                onKeyDown={(event) => {
                  if (event.key === 'Enter' && !sentTo) {
                    event.preventDefault();
                    if (waitSeconds === 0) void send();
                  }
                }}
              />
            </div>
            <div>
              <label className="label" htmlFor="code">
                {t.login.code}
              </label>
              <div className="flex gap-2">
                <input
                  ref={codeField}
                  id="code"
                  className="field min-w-0 tracking-[0.25em] placeholder:tracking-normal"
                  inputMode="numeric"
                  autoComplete="one-time-code"
                  placeholder={t.login.codePlaceholder}
                  value={code}
                  aria-describedby="code-status"
                  aria-invalid={problem !== undefined && sentTo !== undefined}
                  onChange={(event) => changeCode(event.target.value)}
                />
                <button type="button" className="btn btn-plain min-w-32 shrink-0 tabular-nums" disabled={sending.fetching || waitSeconds > 0} onClick={() => void send()}>
                  {sending.fetching ? t.login.sending : waitSeconds > 0 ? t.login.resendIn(waitSeconds) : t.login.send}
                </button>
              </div>
              <p id="code-status" role="status" className="mt-2 min-h-6 text-sm text-muted">
                {sentTo && (validSeconds > 0 ? t.login.sent(maskEmail(sentTo.email), policy.codeLifetimeSeconds) : t.errors.loginCode.expired)}
              </p>
            </div>
            {problem && <Alert>{problem}</Alert>}
            <button type="submit" className="btn btn-primary" disabled={signing.fetching}>
              {signing.fetching ? t.login.submitting : t.login.submit}
            </button>
            <p className="text-center text-sm text-muted">{t.login.cookieOnly}</p>
          </form>
        </main>
        </div>
      </div>
    </>
  );
}

/** What comes out of this: the same product in every style, as sheets on a wall. Decoration, and only where there is room. */
function Wall() {
  const { visualStyles } = useStudio();
  const columns = [0, 1, 2].map((column) => [0, 1, 2].map((row) => visualStyles[(column * 3 + row * 2) % visualStyles.length]));
  return (
    <div aria-hidden="true" className="relative hidden overflow-hidden bg-stage lg:block">
      <div className="absolute inset-x-[-6%] top-1/2 grid -translate-y-1/2 -rotate-6 grid-cols-3 gap-5">
        {columns.map((styles, column) => (
          <div key={styles[0]?.code ?? column} className={`grid content-start gap-5 ${column === 1 ? 'translate-y-16' : ''}`}>
            {styles.map((style) => style && <img key={style.code} src={style.sampleUrl} alt="" width="360" height="480" decoding="async" fetchPriority={column === 1 ? 'high' : 'auto'} className="aspect-3/4 w-full rounded-[2px] object-cover" />)}
          </div>
        ))}
      </div>
    </div>
  );
}

function writeKeptChallenge(challenge: Challenge | undefined): void {
  writeKept(sessionStorage, storageKey, challenge);
}
