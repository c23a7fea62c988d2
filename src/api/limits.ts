import type { ApolloServerPlugin } from '@apollo/server';
import { ApolloArmor } from '@escape.tech/graphql-armor';
import { type DocumentNode, GraphQLError, type GraphQLSchema, type ValidationRule } from 'graphql';
import { fieldExtensionsEstimator, getComplexity, simpleEstimator } from 'graphql-query-complexity';
import type { ApiContext } from './context.js';
import { badUserInput } from './errors.js';

/** The most rows of one call. */
export const mostRows = 10_000;
/** 10,000 job results with long messages; they come as variables. */
export const largestBodyBytes = 16 * 1024 * 1024;
/** Enough for subscriptions; reports arrive over HTTP. */
export const largestSocketMessageBytes = 256 * 1024;
/** Enough for a query with some hundred rows as literals; more rows are sent as variables. */
export const mostTokens = 20_000;
const mostComplexity = 50_000;

export function atMostRows(argument: string, rows: readonly unknown[]): void {
  if (rows.length > mostRows) {
    throw badUserInput(
      `${argument}: ${rows.length} rows; at most ${mostRows} are accepted in one call, so send several calls`,
    );
  }
}

const armor = new ApolloArmor({
  maxDepth: { n: 12 },
  maxAliases: { n: 30 },
  maxDirectives: { n: 30 },
  maxTokens: { enabled: false },
  costLimit: { enabled: false },
  blockFieldSuggestion: { enabled: false },
}).protect();

/** Depth, aliases and directives; also for WebSockets. */
export const limitRules = armor.validationRules as ValidationRule[];

/** armor's types come from the CommonJS build, Apollo's do not; the objects are the same. */
export const armorPlugins = armor.plugins as unknown as ApolloServerPlugin<ApiContext>[];

/** It reads the variables first, so it is the one to find a missing or wrong one. */
function complexityOf(options: Parameters<typeof getComplexity>[0]): number {
  try {
    return getComplexity(options);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw new GraphQLError(error.message, { extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } } });
  }
}

/** Throws QUERY_TOO_COMPLEX for an operation that asks for too much at once: lists count by their `first`. */
export function limitComplexity(
  schema: GraphQLSchema,
  query: DocumentNode,
  operationName: string | null | undefined,
  variables: Record<string, unknown> | null | undefined,
): void {
  const complexity = complexityOf({
    schema,
    query,
    operationName: operationName ?? undefined,
    // Page sizes count; reported rows do not, and reading 10,000 of them twice takes a tenth of a second.
    variables: Object.fromEntries(
      Object.entries(variables ?? {}).map(([name, value]) => [name, Array.isArray(value) ? [] : value]),
    ),
    estimators: [fieldExtensionsEstimator(), simpleEstimator({ defaultComplexity: 1 })],
  });
  if (complexity > mostComplexity) {
    throw new GraphQLError(
      `This operation is too complex (${complexity} of ${mostComplexity}). Ask for smaller pages, or for fewer fields of each row.`,
      { extensions: { code: 'QUERY_TOO_COMPLEX', http: { status: 400 } } },
    );
  }
}
