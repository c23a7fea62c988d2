/**
 * Prevents startup: the database has migrations that this version does not know. Its message is one line for the
 * person who started the process. It imports nothing, because main.ts loads the rest only after tracing.
 */
export class UnknownSchemaError extends Error {
  override name = 'UnknownSchemaError';

  constructor(migrations: readonly string[]) {
    super(
      `The database was migrated by a newer version; this one does not know ${migrations.join(', ')}. ` +
        'Start the newer version, or restore the backup from before its migration.',
    );
  }
}
