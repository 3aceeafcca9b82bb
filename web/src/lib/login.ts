/** The digits of whatever was typed or pasted ("123 456", full-width digits), at most as many as a code has. */
export function onlyDigits(text: string, length: number): string {
  return text.normalize('NFKC').replace(/\D/g, '').slice(0, length);
}

/** Enough of an address to recognise it, not enough to give it away over a shoulder: n***@example.com */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@');
  return at < 1 ? email : `${email.slice(0, 1)}***${email.slice(at)}`;
}
