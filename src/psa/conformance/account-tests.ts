import { describe, expect, test } from 'vitest';
import type { Credentials } from '../adapter.js';
import { psaCapabilities } from '../capabilities.js';
import { PsaLoginRefused } from '../errors.js';
import { capabilityOf } from '../installed-plugin.js';
import { failure, type Trial, unknownId } from './trial.js';

/** What every plugin promises, whatever its capabilities. */
export function describeAccount(trial: Trial): void {
  const { plugin } = trial;
  const bills = plugin.capabilities.includes('AGREEMENT_ADDITIONS');

  describe('the manifest', () => {
    test('declares capabilities that exist, each once', () => {
      expect(psaCapabilities).toEqual(expect.arrayContaining([...plugin.capabilities]));
      expect(new Set(plugin.capabilities).size).toBe(plugin.capabilities.length);
    });

    test('has every operation of the capabilities that it declares', () => {
      const lacking = Object.entries(capabilityOf).filter(
        ([operation, capability]) =>
          plugin.capabilities.includes(capability) && !trial.hasOperation(operation),
      );
      expect(lacking).toEqual([]);
    });
  });

  describe('the form', () => {
    test('has a label and help for every field, and at least one secret', () => {
      for (const { label, help } of plugin.credentialFields) {
        expect(label).not.toBe('');
        expect(help).not.toBe('');
      }
      expect(plugin.credentialFields.some(({ secret }) => secret)).toBe(true);
    });

    test('names every required field that is missing', () => {
      const read = plugin.readCredentials({});
      const required = plugin.credentialFields.filter(field => field.required).map(({ key }) => key);
      expect('problems' in read && read.problems.map(({ key }) => key)).toEqual(required);
    });

    test('identifies one account however it is typed', () => {
      const key = (typed: Credentials) => {
        const read = plugin.readCredentials(typed);
        return 'credentials' in read ? plugin.accountKey(read.credentials) : undefined;
      };
      expect(key(trial.stage.credentials)).toBeDefined();
      expect(key(trial.stage.credentialsTypedDifferently)).toBe(key(trial.stage.credentials));
    });
  });

  describe('checking access', () => {
    test('passes every check of a good login', async () => {
      const checks = await trial.adapter.checkAccess({ billing: bills });
      expect(checks.filter(({ state }) => state !== 'PASSED')).toEqual([]);
      expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    });

    test('fails at a refused login with a hint, and skips the checks that depend on it', async () => {
      const checks = await trial.connect(trial.stage.wrongCredentials).checkAccess({ billing: bills });
      const failed = checks.filter(({ state }) => state === 'FAILED');
      expect(failed).toMatchObject([{ required: true, hint: expect.stringMatching(/\w/) }]);
      expect(checks.slice(checks.indexOf(failed[0]!) + 1).every(({ state }) => state === 'SKIPPED')).toBe(
        true,
      );
    });

    test('reports that nothing answers, and throws nothing', async () => {
      const checks = await trial.connect(trial.stage.unreachableCredentials).checkAccess({ billing: false });
      expect(checks[0]).toMatchObject({ state: 'FAILED', message: expect.stringMatching(/\w/) });
    });

    test.runIf(bills)('requires what billing needs only if billing is wanted', async () => {
      const required = async (billing: boolean) =>
        (await trial.adapter.checkAccess({ billing })).filter(check => check.required).length;
      expect(await required(true)).toBeGreaterThan(await required(false));
    });
  });

  describe('companies', () => {
    test('are paged through once each, in a stable order', async () => {
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await trial.adapter.findCompanies({ first: 200, after });
        expect(page.nodes.length).toBeLessThanOrEqual(200);
        seen.push(...page.nodes.map(({ id }) => id));
        after = page.hasNextPage ? page.endCursor : undefined;
      } while (after);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.length).toBeGreaterThanOrEqual(30);
    });

    test('are found by a part of their name, also an awkward one', async () => {
      const search = trial.stage.awkwardCompanyName.slice(1, -1);
      const { nodes } = await trial.adapter.findCompanies({ search, first: 10 });
      expect(nodes.map(({ name }) => name)).toEqual([trial.stage.awkwardCompanyName]);
    });

    test('are found by their whole names, many at once, in any case', async () => {
      const { nodes } = await trial.adapter.findCompanies({ first: 30 });
      const names = [...nodes.map(node => node.name), trial.stage.awkwardCompanyName, 'Nobody has this name'];
      const found = await trial.adapter.findCompaniesByName(names.map(name => name.toUpperCase()));
      expect(new Set(found.map(({ name }) => name))).toEqual(new Set(names.slice(0, -1)));
    });

    test('are read by id, and unknown ids are left out', async () => {
      const { companyId } = trial.stage;
      const found = await trial.adapter.getCompanies([companyId, unknownId, 'no id at all']);
      expect(found.map(({ id }) => id)).toEqual([companyId]);
    });
  });

  test('a refused login is a PsaLoginRefused, without the secret', async () => {
    const { adapter, error } = await refused(trial);
    expect(error).toBeInstanceOf(PsaLoginRefused);
    expect(error.mayHaveBeenCarriedOut).toBe(false);
    trial.expectNoSecretIn([error, await failure(adapter.getCompanies([trial.stage.companyId]))]);
  });
}

async function refused(trial: Trial) {
  const adapter = trial.connect(trial.stage.wrongCredentials);
  return { adapter, error: await failure(adapter.findCompanies({ first: 1 })) };
}
