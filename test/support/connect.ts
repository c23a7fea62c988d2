import type { Sandbox } from '../../plugins/connectwise/sandbox/sandbox.js';
import { SANDBOX_LOGIN } from '../../plugins/connectwise/sandbox/seed.js';
import { ConnectIntegrationDocument, type CredentialInput } from '../../src/gql/typed.js';
import type { TestApi } from './api.js';

/** The credentials of the sandbox, as a partner enters them. */
export function typedFor(sandbox: Sandbox, changes: Record<string, string> = {}): CredentialInput[] {
  const { companyId, keys } = SANDBOX_LOGIN;
  return Object.entries({ site: sandbox.url, companyId, ...keys, ...changes }).map(([key, value]) => ({
    key,
    value,
  }));
}

/** Connects a partner to the sandbox; returns the integration's id. */
export async function connect(api: TestApi, sandbox: Sandbox, partnerId: string): Promise<string> {
  const { connectIntegration } = await api.ask(ConnectIntegrationDocument, {
    input: { partnerId, psa: 'connectwise', credentials: typedFor(sandbox) },
  });
  if (!connectIntegration.integration) throw new Error(JSON.stringify(connectIntegration));
  return connectIntegration.integration.id;
}
