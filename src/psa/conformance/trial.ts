import { inspect } from 'node:util';
import { expect } from 'vitest';
import type { Credentials, PsaAdapter, PsaEnvironment, PsaPlugin, TicketDraft } from '../adapter.js';
import type { PsaError } from '../errors.js';
import type { ConformanceStage } from './stage.js';

/** A plugin under test, connected as the service connects it. */
export class Trial {
  #stage: ConformanceStage | undefined;
  #adapter: PsaAdapter | undefined;
  #references = 0;

  /** `plugin` as the service uses it, and `connectBare` as its author wrote it. */
  constructor(
    readonly plugin: PsaPlugin,
    private readonly connectBare: (credentials: Credentials, environment: PsaEnvironment) => object,
  ) {}

  begin(stage: ConformanceStage): void {
    this.#stage = stage;
    this.#adapter = this.connect(stage.credentials);
  }

  get stage(): ConformanceStage {
    return this.#stage!;
  }

  /** Connected with the good login. */
  get adapter(): PsaAdapter {
    return this.#adapter!;
  }

  connect(typed: Credentials): PsaAdapter {
    return this.plugin.connect(this.#read(typed), this.stage.environment);
  }

  /** Whether the plugin itself has the operation, before the service completes it. */
  hasOperation(name: string): boolean {
    const bare = this.connectBare(this.#read(this.stage.credentials), this.stage.environment);
    return typeof Reflect.get(bare, name) === 'function';
  }

  /** A ticket to create, with a reference of its own. */
  draft(more: Partial<TicketDraft> = {}): TicketDraft {
    this.#references += 1;
    return {
      reference: `psa-bridge-conformance-${this.#references}`,
      summary: 'Backup failed: SRV01',
      body: 'The disk is full.',
      companyId: this.stage.companyId,
      ...more,
    };
  }

  /** Fails if an error, with all that hangs on it, contains a secret that was typed into the form. */
  expectNoSecretIn(errors: readonly PsaError[]): void {
    const shown = inspect(errors, { depth: 12, showHidden: true });
    const secrets = this.plugin.credentialFields.filter(({ secret }) => secret).map(({ key }) => key);
    for (const key of secrets) {
      for (const typed of [this.stage.credentials, this.stage.wrongCredentials]) {
        expect(shown).not.toContain(typed[key]);
        expect(shown).not.toContain(Buffer.from(typed[key]!).toString('base64').replace(/=+$/, ''));
      }
    }
  }

  #read(typed: Credentials): Credentials {
    const read = this.plugin.readCredentials(typed);
    if (!('credentials' in read)) throw new Error(inspect(read.problems));
    return read.credentials;
  }
}

/** The error that a call fails with. */
export async function failure(call: Promise<unknown>): Promise<PsaError> {
  return call.then(
    () => expect.unreachable('it did not fail'),
    error => error,
  );
}

/** No PSA has a record with this id. */
export const unknownId = '987654321';
