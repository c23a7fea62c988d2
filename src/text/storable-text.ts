/** Removes what PostgreSQL cannot store: NUL, which its text rejects, and lone surrogates, which its JSON rejects. */
export function storableText(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed();
}
