let last = 0;

/** An id that sorts behind those before it: two that the database makes in one millisecond may not. */
export function nextId(): string {
  last += 1;
  return `01900000-0000-7000-8000-${String(last).padStart(12, '0')}`;
}
