/** The text without what PostgreSQL cannot hold: its text has no NUL, and its JSON no half of a surrogate pair. */
export function storableText(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed();
}
