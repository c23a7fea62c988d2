import type { ComplexityEstimatorArgs } from 'graphql-query-complexity';
import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';
import { storableText } from '../text/storable-text.js';
import { isUuid } from '../text/uuid.js';
import { badUserInput } from './errors.js';

export const largestPage = 500;

@ObjectType({ description: 'The end of a page of a list.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether there are more rows after `endCursor`.' })
  hasNextPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'The `after` of the next page. Null for an empty page.',
  })
  endCursor?: string | null;
}

export interface Page<Node> {
  nodes: Node[];
  pageInfo: PageInfo;
}

/** `totalCount` is a getter: it is only counted where it is asked for. */
export interface CountedPage<Node> extends Page<Node> {
  readonly totalCount: Promise<number>;
}

/** The GraphQL type of a page of `node`s. */
export function connectionType(node: ClassType<object>, name: string): ClassType<object> {
  @ObjectType(`${name}Connection`, { description: `A page of a list of ${name}.` })
  class Connection {
    @Field(() => [node], { description: 'The rows of this page.' })
    nodes!: object[];

    @Field(() => PageInfo, { description: 'The end of this page.' })
    pageInfo!: PageInfo;
  }
  return Connection;
}

/** The GraphQL type of a page of `node`s that can also count all rows. */
export function countedConnectionType(node: ClassType<object>, name: string): ClassType<object> {
  @ObjectType(`${name}Connection`, { description: `A page of a list of ${name}.` })
  class Connection {
    @Field(() => [node], { description: 'The rows of this page.' })
    nodes!: object[];

    @Field(() => PageInfo, { description: 'The end of this page.' })
    pageInfo!: PageInfo;

    @Field(() => Int, { description: 'The number of rows over all pages. Counted only when selected.' })
    totalCount!: number;
  }
  return Connection;
}

/** Arguments of a list that is read in pages. */
export interface PageArgs {
  first: number | null;
  after?: string | null;
}

/** Arguments of a list that is read in pages of `defaultFirst` unless the caller wants otherwise. */
export function pageArgs(defaultFirst: number): ClassType<PageArgs> {
  @ArgsType()
  class Args implements PageArgs {
    @Field(() => Int, {
      nullable: true,
      defaultValue: defaultFirst,
      description: `The most rows of the page, 1 to ${largestPage}.`,
    })
    first: number | null = defaultFirst;

    @Field(() => String, {
      nullable: true,
      description: 'The `endCursor` of the page before. Absent: from the beginning.',
    })
    after?: string | null;
  }
  return Args;
}

/** What a page costs in the limit on a query's complexity: its rows, times what is asked of each. */
export function pageCost({ args, childComplexity }: ComplexityEstimatorArgs): number {
  const first = typeof args.first === 'number' ? Math.min(Math.max(args.first, 1), largestPage) : 50;
  return 1 + first * childComplexity;
}

/** How many rows the caller wants. Throws BAD_USER_INPUT for an invalid page size. */
export function pageSize({ first }: PageArgs): number {
  const size = first ?? 50;
  if (size < 1 || size > largestPage) {
    throw badUserInput(`first: ${size} is not between 1 and ${largestPage}; use after for the rows beyond`);
  }
  return size;
}

type KeyPart = 'uuid' | 'text';

/**
 * The keys of the row after which the page starts, in the list's own order; undefined: from the beginning.
 * Throws BAD_USER_INPUT for a cursor of another list.
 */
export function keysAfter({ after }: PageArgs, ...parts: KeyPart[]): string[] | undefined {
  if (after === undefined || after === null) return undefined;
  const keys = readCursor(after);
  const fits =
    keys?.length === parts.length &&
    parts.every((part, n) => (part === 'uuid' ? isUuid(keys[n]!) : keys[n] === storableText(keys[n]!)));
  if (!keys || !fits) throw badUserInput('after: this is not a cursor of this list');
  return keys;
}

function readCursor(after: string): string[] | undefined {
  try {
    const keys: unknown = JSON.parse(Buffer.from(after, 'base64url').toString('utf8'));
    return Array.isArray(keys) && keys.every(key => typeof key === 'string') ? keys : undefined;
  } catch {
    return undefined;
  }
}

/** A page of `rows`, of which the caller read one more than it wants, to know whether there are more. */
export function pageOf<Row>(rows: Row[], first: number, keysOf: (row: Row) => string[]): Page<Row> {
  const nodes = rows.slice(0, first);
  const last = nodes.at(-1);
  return {
    nodes,
    pageInfo: {
      hasNextPage: rows.length > first,
      endCursor: last === undefined ? null : Buffer.from(JSON.stringify(keysOf(last))).toString('base64url'),
    },
  };
}

/** `page`, with a total that is counted by `count` when it is selected. */
export function counted<Row>(page: Page<Row>, count: () => Promise<number>): CountedPage<Row> {
  return {
    ...page,
    get totalCount() {
      return count();
    },
  };
}

/** A LIKE pattern for texts that contain `text`, with its wildcards escaped. */
export function containing(text: string): string {
  return `%${storableText(text).replace(/[\\%_]/g, '\\$&')}%`;
}
