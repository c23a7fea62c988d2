export interface Stored {
  id: number;
  _info?: Record<string, string>;
}

/** Records of any kind, to read from. */
export interface Rows {
  get(id: number): Stored | undefined;
  all(): Stored[];
  lookup(path: string, values: readonly unknown[]): Stored[] | undefined;
}

/** Records of one kind by id, with indexes for frequent lookups. */
export class Collection<T extends Stored> {
  readonly #rows = new Map<number, T>();
  readonly #indexes = new Map<string, { key: (row: T) => unknown; rows: Map<unknown, Set<T>> }>();
  #nextId: number;

  constructor(firstId = 1) {
    this.#nextId = firstId;
  }

  /** `path` as in a condition, in lower case: "externalxref", "company/id". */
  index(path: string, key: (row: T) => unknown): this {
    this.#indexes.set(path, { key, rows: new Map() });
    return this;
  }

  add(row: Omit<T, 'id'> & { id?: number }): T {
    const stored = { ...row, id: row.id ?? this.#nextId } as T;
    this.#nextId = Math.max(this.#nextId, stored.id + 1);
    this.#rows.set(stored.id, stored);
    this.#enter(stored);
    return stored;
  }

  get(id: number): T | undefined {
    return this.#rows.get(id);
  }

  /** Changes a record in place, its indexes included. */
  change(row: T, changes: Partial<T>): void {
    this.#leave(row);
    Object.assign(row, changes);
    this.#enter(row);
  }

  delete(row: T): void {
    this.#leave(row);
    this.#rows.delete(row.id);
  }

  all(): T[] {
    return [...this.#rows.values()].sort((a, b) => a.id - b.id);
  }

  get size(): number {
    return this.#rows.size;
  }

  /** The rows with these values, by an index; undefined if there is no such index. */
  lookup(path: string, values: readonly unknown[]): T[] | undefined {
    if (path === 'id') return values.flatMap(value => this.#rows.get(Number(value)) ?? []);
    const index = this.#indexes.get(path);
    return (
      index &&
      values.flatMap(value => [
        ...(index.rows.get(typeof value === 'string' ? value.toLowerCase() : value) ?? []),
      ])
    );
  }

  #enter(row: T): void {
    for (const { key, rows } of this.#indexes.values()) {
      const value = key(row);
      const same = rows.get(value);
      if (same) same.add(row);
      else rows.set(value, new Set([row]));
    }
  }

  #leave(row: T): void {
    for (const { key, rows } of this.#indexes.values()) rows.get(key(row))?.delete(row);
  }
}
