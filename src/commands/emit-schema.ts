import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildApiSchema } from '../api/schema.js';

/** The schema as it is checked in: sorted, so that a change shows as what it is. */
export function schemaText(schema: GraphQLSchema): string {
  return `# Emitted from src/api by "npm run schema". Do not edit.\n\n${printSchema(lexicographicSortSchema(schema))}\n`;
}

if (import.meta.main) {
  const file = process.argv[2];
  if (file === undefined) throw new Error('usage: emit-schema FILE');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, schemaText(buildApiSchema()));
}
