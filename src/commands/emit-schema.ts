import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildApiSchema } from '../api/schema.js';
import { runProgram } from './run-program.js';

/** The schema as text, sorted, so that a diff shows only what changed. */
export function schemaText(schema: GraphQLSchema): string {
  return `# Emitted from src/api by "npm run schema". Do not edit.\n\n${printSchema(lexicographicSortSchema(schema))}\n`;
}

if (import.meta.main) {
  await runProgram(async () => {
    const file = process.argv[2];
    if (file === undefined) throw new Error('usage: emit-schema FILE');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, schemaText(buildApiSchema()));
  });
}
