import { describe, expect, it } from 'vitest';
import type { Integration } from '../../../src/domain/integrations/integration.js';
import type { ChosenRecord, QueueInput } from '../../../src/domain/integrations/options.js';
import { chooseQueue } from '../../../src/integrations/choose-queue.js';
import type { ServiceType } from '../../../src/psa/adapter.js';

const board = (id: string): ChosenRecord => ({ id, name: `board ${id}` });
const type = (id: string): ChosenRecord => ({ id, name: `type ${id}` });
const subtype = (id: string): ChosenRecord => ({ id, name: `subtype ${id}` });

/** Board A has the types 1 and 2, and type 1 the subtypes 11 and 12; board B has the type 3 without any. */
const typesOf: Record<string, ServiceType[]> = {
  A: [
    { ...type('1'), subtypes: [subtype('11'), subtype('12')] },
    { ...type('2'), subtypes: [] },
  ],
  B: [{ ...type('3'), subtypes: [] }],
};

function psa() {
  const asked: string[] = [];
  return {
    asked,
    async serviceBoards() {
      asked.push('boards');
      return Object.keys(typesOf).map(board);
    },
    async serviceTypes(_integration: Integration, boardId: string) {
      asked.push(`types of ${boardId}`);
      return typesOf[boardId] ?? [];
    },
  };
}

/** "A 1 11" stands for a board, its type and its subtype; a dash for none. */
function queue(text: string) {
  const [a, b, c] = text.split(' ').map(id => (id === '-' ? undefined : id));
  return {
    serviceBoard: a ? board(a) : null,
    serviceType: b ? type(b) : null,
    serviceSubtype: c ? subtype(c) : null,
  };
}

const choose = (before: string, input: QueueInput, lookups = psa()) =>
  chooseQueue(lookups, queue(before) as Integration, input);

const give = (
  serviceBoardId?: string | null,
  serviceTypeId?: string | null,
  serviceSubtypeId?: string | null,
) => ({
  serviceBoardId,
  serviceTypeId,
  serviceSubtypeId,
});
const stays = undefined;

describe('the queue of tickets', () => {
  it.each<[what: string, before: string, input: QueueInput, after: string]>([
    ['a first board', '- - -', give('A'), 'A - -'],
    ['a board with a type', '- - -', give('A', '1'), 'A 1 -'],
    ['a board with type and subtype', '- - -', give('A', '1', '11'), 'A 1 11'],
    ['a type of the board that stays', 'A - -', give(stays, '2'), 'A 2 -'],
    ['a subtype of the type that stays', 'A 1 -', give(stays, stays, '12'), 'A 1 12'],
    ['another subtype', 'A 1 11', give(stays, stays, '12'), 'A 1 12'],
    ['the same board, which keeps type and subtype', 'A 1 11', give('A'), 'A 1 11'],
    ['the same board and type, which keep the subtype', 'A 1 11', give('A', '1'), 'A 1 11'],
    ['another board, which clears type and subtype', 'A 1 11', give('B'), 'B - -'],
    ['another board with a type of its own', 'A 1 11', give('B', '3'), 'B 3 -'],
    ['another type, which clears the subtype', 'A 1 11', give(stays, '2'), 'A 2 -'],
    ['no board, which clears type and subtype', 'A 1 11', give(null), '- - -'],
    ['no type, which clears the subtype', 'A 1 11', give(stays, null), 'A - -'],
    ['no subtype', 'A 1 11', give(stays, stays, null), 'A 1 -'],
    ['another board and, explicitly, no type', 'A 1 11', give('B', null, null), 'B - -'],
  ])('accepts %s', async (_what, before, input, after) => {
    expect(await choose(before, input)).toEqual({ changes: queue(after), problems: [] });
  });

  it.each<[what: string, before: string, input: QueueInput, field: string, code: string]>([
    ['an unknown board', '- - -', give('C'), 'serviceBoardId', 'NOT_FOUND'],
    ['a type without a board', '- - -', give(stays, '1'), 'serviceTypeId', 'NO_SERVICE_BOARD'],
    ['a type while the board is cleared', 'A 1 -', give(null, '1'), 'serviceTypeId', 'NO_SERVICE_BOARD'],
    ['a type of another board', 'A - -', give(stays, '3'), 'serviceTypeId', 'NOT_ON_BOARD'],
    ['the old type on another board', 'A 1 11', give('B', '1'), 'serviceTypeId', 'NOT_ON_BOARD'],
    ['a subtype without a type', 'A - -', give(stays, stays, '11'), 'serviceSubtypeId', 'NO_SERVICE_TYPE'],
    ['a subtype without anything', '- - -', give(stays, stays, '11'), 'serviceSubtypeId', 'NO_SERVICE_TYPE'],
    [
      'a subtype while the type is cleared',
      'A 1 11',
      give(stays, null, '11'),
      'serviceSubtypeId',
      'NO_SERVICE_TYPE',
    ],
    [
      'the old subtype on another board',
      'A 1 11',
      give('B', stays, '11'),
      'serviceSubtypeId',
      'NO_SERVICE_TYPE',
    ],
    ['a subtype of another type', 'A 1 11', give(stays, '2', '11'), 'serviceSubtypeId', 'NOT_OF_TYPE'],
    [
      'a subtype of a type that the PSA has no more',
      'A 9 -',
      give(stays, stays, '11'),
      'serviceSubtypeId',
      'NOT_ON_BOARD',
    ],
  ])('rejects %s', async (_what, before, input, field, code) => {
    expect(await choose(before, input)).toEqual({
      changes: {},
      problems: [{ field: ['options', field], code, message: expect.any(String) }],
    });
  });

  it.each<[what: string, before: string, input: QueueInput, asked: string[]]>([
    ['nothing where nothing is given', 'A 1 11', give(), []],
    ['nothing to clear the board', 'A 1 11', give(null), []],
    ['only the boards for a board', '- - -', give('A'), ['boards']],
    ['only the types for a type of the board that stays', 'A - -', give(stays, '1'), ['types of A']],
    ['both for both', '- - -', give('A', '1'), ['boards', 'types of A']],
  ])('asks the PSA for %s', async (_what, before, input, asked) => {
    const lookups = psa();
    await choose(before, input, lookups);
    expect(lookups.asked).toEqual(asked);
  });

  it('changes nothing where nothing is given', async () => {
    expect(await choose('A 1 11', {})).toEqual({ changes: {}, problems: [] });
  });
});
