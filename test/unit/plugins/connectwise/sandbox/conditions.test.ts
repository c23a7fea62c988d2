import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SandboxApi, startSandboxApi } from '../../../../support/sandbox-api.js';

let api: SandboxApi;
beforeAll(async () => {
  api = await startSandboxApi();
});
afterAll(() => api.close());

const names = async (conditions: string, more: Record<string, string> = {}) => {
  const { status, json } = await api.get('/company/companies', {
    conditions,
    fields: 'name',
    orderBy: 'id asc',
    pageSize: 1_000,
    ...more,
  });
  expect(status, JSON.stringify(json)).toBe(200);
  return json.map((row: { name: string }) => row.name);
};

describe('conditions of companies', () => {
  test.each([
    ['a string', 'name="PM Customer #1"', ['PM Customer #1']],
    ['a string in single quotes', "name='PM Customer #1'", ['PM Customer #1']],
    ['a string in another case', 'name="pm CUSTOMER #1"', ['PM Customer #1']],
    ['a member in another case', 'Name="PM Customer #1"', ['PM Customer #1']],
    ['an escaped quote', 'name="Müller \\"Technik\\" GmbH"', ['Müller "Technik" GmbH']],
    ['a doubled single quote', "name='O''Brien & Sons [NY]'", ["O'Brien & Sons [NY]"]],
    ['contains', 'name contains "brien &"', ["O'Brien & Sons [NY]"]],
    ['like with *', 'name like "PM*"', ['PM Customer #1', 'PM Customer #2']],
    ['like with %', 'name like "%Off + More"', ['50% Off + More']],
    ['like with a literal bracket', 'name like "*[[]NY]"', ["O'Brien & Sons [NY]"]],
    ['in', 'name in ("PM Customer #1","PM Customer #2")', ['PM Customer #1', 'PM Customer #2']],
    [
      'and before or',
      'name="PM Customer #1" or name="PM Customer #2" and deletedFlag=true',
      ['PM Customer #1'],
    ],
    ['parentheses', '(name="PM Customer #1" or name="PM Customer #2") and deletedFlag=true', []],
    ['AND in capitals', 'name like "PM*" AND NOT_A_WORD=1', 'error'],
    ['not in', 'name like "PM*" and name not in ("PM Customer #1")', ['PM Customer #2']],
    ['not contains', 'name like "PM*" and name not contains "#2"', ['PM Customer #1']],
    ['a boolean', 'deletedFlag=true', ['Deleted Customer']],
    ['a boolean in capitals', 'deletedFlag=True', ['Deleted Customer']],
    ["a reference's member", 'status/name="Inactive"', ['Inactive Customer']],
    ['null', 'name like "PM*" and status = null', []],
    ['not null', 'name like "PM*" and status != null', ['PM Customer #1', 'PM Customer #2']],
    ['a number', 'id < 252', ['PM Customer #1', 'PM Customer #2']],
    ['a date', 'lastUpdated > [2999-01-01T00:00:00Z]', []],
  ] as const)('%s: %s', async (_what, conditions, expected) => {
    if (expected === 'error') {
      expect((await api.get('/company/companies', { conditions })).status).toBe(400);
    } else expect(await names(conditions)).toEqual(expected);
  });

  test.each([
    ['an unknown member', 'colour="red"', 'colour is not a recognized name.'],
    ['a member of an array', 'types/name="Customer"', 'types/name is not a recognized name.'],
    ['a number where a boolean belongs', 'deletedFlag=0', 'Expected a boolean value, not a numeric.'],
    ['no value', 'name=', 'A value was expected.'],
    ['no date', 'lastUpdated > [yesterday]', 'not recognized as a valid DateTime'],
    ['something after the end', 'name="a" name="b"', 'goes on after its end'],
  ])('%s is refused: %s', async (_what, conditions, message) => {
    const { status, json } = await api.get('/company/companies', { conditions });
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: 'ApiFindCondition', message: expect.stringContaining(message) });
  });

  test('an enum is compared with its exact members only', async () => {
    const good = await api.get('/finance/agreements', { conditions: 'agreementStatus="Cancelled"' });
    expect(good.json).toHaveLength(1);
    const bad = await api.get('/finance/agreements', { conditions: 'agreementStatus="Canceled"' });
    expect(bad.status).toBe(400);
    expect(bad.json.message).toBe('Enum value supplied was invalid');
  });

  test('an array is filtered by childConditions', async () => {
    const company = api.store.companies.lookup('name', ['PM Customer #1'])![0]!;
    api.store.companies.change(company, { types: [{ id: 1, name: 'Customer' }] });
    expect(await names('deletedFlag=false', { childConditions: 'types/name="Customer"' })).toEqual([
      'PM Customer #1',
    ]);
  });
});
