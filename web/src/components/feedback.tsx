import { type ReactNode, useState } from 'react';
import type { CombinedError } from 'urql';
import { problemOf } from '../api/errors';
import { useText } from '../i18n';
import { createStore, useStore } from '../lib/store';
import { Icon } from './icon';

/** An error where it happened, with a way on. */
export function ErrorNotice({ error, onRetry }: { error: CombinedError; onRetry?: () => void }) {
  const t = useText();
  const problem = problemOf(error, t);
  return (
    <Alert>
      <span>{problem.text}</span>
      {problem.requestId && <RequestId id={problem.requestId} />}
      {onRetry && (
        <button type="button" className="btn btn-plain btn-small ml-auto" onClick={onRetry}>
          {t.retry}
        </button>
      )}
    </Alert>
  );
}

function RequestId({ id }: { id: string }) {
  const t = useText();
  const [copied, setCopied] = useState(false);
  const copy = () => void navigator.clipboard?.writeText(id).then(() => setCopied(true));
  return (
    <span className="flex items-center gap-2 text-sm">
      <code className="select-all">{t.errors.requestId(id)}</code>
      <button type="button" className="link" onClick={copy}>
        {copied ? t.errors.copied : t.errors.copy}
      </button>
    </span>
  );
}

export function Alert({ children }: { children: ReactNode }) {
  return (
    <div role="alert" className="flex gap-3 rounded-xl bg-bad-soft px-4 py-3 text-bad">
      <Icon name="alert" className="mt-0.5 size-5" />
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-3 gap-y-2">{children}</div>
    </div>
  );
}

export function Notice({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-xl bg-warn-soft px-4 py-3 text-sm text-warn">{children}</div>;
}

export function EmptyState({ title, text, children }: { title: string; text?: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-3 rounded-2xl border border-dashed border-control/60 px-6 py-14 text-center">
      <Icon name="image" className="size-9 text-muted" />
      <p className="text-lg font-semibold">{title}</p>
      {text && <p className="max-w-prose text-muted">{text}</p>}
      {children}
    </div>
  );
}

interface Toast {
  id: number;
  text: string;
  bad: boolean;
  /** What can be done about it while it is shown. */
  action: { label: string; run: () => void } | undefined;
}

const toasts = createStore<readonly Toast[]>([]);
const toastMs = 6_000;
let lastToast = 0;

const dismiss = (id: number) => toasts.set((before) => before.filter((one) => one.id !== id));

export function toast(text: string, bad = false, action?: Toast['action'], durationMs = toastMs): void {
  lastToast += 1;
  const id = lastToast;
  toasts.set((before) => [...before.slice(-2), { id, text, bad, action }]);
  setTimeout(() => dismiss(id), durationMs);
}

export function Toasts() {
  const shown = useStore(toasts);
  return (
    <div role="status" className="pointer-events-none fixed inset-x-4 bottom-20 z-40 flex flex-col items-center gap-2 sm:bottom-6">
      {shown.map((one) => (
        <p key={one.id} className={`fade-in rounded-xl px-4 py-2.5 text-sm font-medium shadow-lg ${one.bad ? 'bg-bad text-surface' : 'bg-ink text-canvas'}`}>
          {one.text}
          {one.action && (
            <button
              type="button"
              className="pointer-events-auto -my-2 ml-3 min-h-11 px-2 font-bold underline underline-offset-4"
              onClick={() => {
                one.action?.run();
                dismiss(one.id);
              }}
            >
              {one.action.label}
            </button>
          )}
        </p>
      ))}
    </div>
  );
}
