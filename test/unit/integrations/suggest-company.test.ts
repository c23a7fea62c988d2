import { describe, expect, it } from 'vitest';
import type { Integration } from '../../../src/domain/integrations/integration.js';
import { companySuggestions } from '../../../src/integrations/suggest-company.js';
import { PsaUnreachable } from '../../../src/psa/errors.js';

const company = (id: string, name: string) => ({ id, identifier: id, name });

function suggestions(answer: () => ReturnType<typeof company>[]) {
  const asked: (readonly string[])[] = [];
  const lookups = {
    async companiesByName(_integration: Integration, names: readonly string[]) {
      asked.push(names);
      return answer();
    },
  };
  return { asked, suggest: companySuggestions(lookups, {} as Integration, ['Acme', 'Bolt', 'Twins']) };
}

describe('a suggestion for an organization that is not mapped', () => {
  it('is the company of the same name, whatever its case and the spaces around it', async () => {
    const { suggest } = suggestions(() => [company('1', ' ACME ')]);
    expect(await suggest('Acme')).toEqual(company('1', ' ACME '));
  });

  it('is missing where two companies have the name', async () => {
    const { suggest } = suggestions(() => [company('1', 'Twins'), company('2', 'twins')]);
    expect(await suggest('Twins')).toBeNull();
  });

  it('is missing where no company has the name', async () => {
    const { suggest } = suggestions(() => [company('1', 'Acme')]);
    expect(await suggest('Bolt')).toBeNull();
  });

  it('is missing while the PSA does not answer', async () => {
    const { suggest } = suggestions(() => {
      throw new PsaUnreachable('down', { mayHaveBeenCarriedOut: false });
    });
    expect(await suggest('Acme')).toBeNull();
  });

  it('asks the PSA once for all organizations, and only when the first is requested', async () => {
    const { asked, suggest } = suggestions(() => []);
    expect(asked).toEqual([]);
    await Promise.all([suggest('Acme'), suggest('Bolt')]);
    expect(asked).toEqual([['Acme', 'Bolt', 'Twins']]);
  });
});
