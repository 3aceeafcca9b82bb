import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useText } from '../i18n';

interface Props {
  children: ReactNode;
  /** What comes of it, said before it happens. */
  sure: string;
  /** What is read out instead of the bare word on the button. */
  label?: string;
  disabled?: boolean;
  onConfirm: () => void;
}

/** A button for what cannot be undone: the first press says what comes of it, the second does it. */
export function ConfirmButton({ children, sure, label, disabled = false, onConfirm }: Props) {
  const t = useText();
  const [asked, setAsked] = useState(false);
  const first = useRef<HTMLButtonElement>(null);
  const second = useRef<HTMLButtonElement>(null);
  const met = useRef(false);
  useEffect(() => {
    if (asked) {
      met.current = true;
      second.current?.focus();
    } else if (met.current) first.current?.focus();
  }, [asked]);
  if (!asked) {
    return (
      <button ref={first} type="button" className="btn btn-plain btn-small" aria-label={label} disabled={disabled} onClick={() => setAsked(true)}>
        {children}
      </button>
    );
  }
  return (
    <span
      role="group"
      aria-label={label}
      className="flex flex-wrap items-center gap-2"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        setAsked(false);
      }}
    >
      <span role="status" className="text-sm text-bad">
        {sure}
      </span>
      <button
        ref={second}
        type="button"
        className="btn btn-plain btn-small text-bad"
        aria-label={label}
        disabled={disabled}
        onClick={() => {
          setAsked(false);
          onConfirm();
        }}
      >
        {children}
      </button>
      <button type="button" className="btn btn-quiet btn-small" onClick={() => setAsked(false)}>
        {t.cancel}
      </button>
    </span>
  );
}
