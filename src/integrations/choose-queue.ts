import type { Integration } from '../domain/integrations/integration.js';
import type { ChosenRecord, QueueInput } from '../domain/integrations/options.js';
import type { ReadOptions } from '../domain/integrations/read-options.js';
import type { PsaLookups } from './psa-lookups.js';

/**
 * Where tickets go: board, type and subtype after the choice, checked in the PSA where they change. In the PSA a type
 * belongs to a board, and a subtype to a type: another board clears the type, and another type the subtype, unless they
 * are given too. No changes where none of the three is given. Problems:
 * NOT_FOUND (board), NOT_ON_BOARD (type), NOT_OF_TYPE (subtype), NO_SERVICE_BOARD, NO_SERVICE_TYPE.
 */
export async function chooseQueue(
  lookups: Pick<PsaLookups, 'serviceBoards' | 'serviceTypes'>,
  integration: Integration,
  { serviceBoardId, serviceTypeId, serviceSubtypeId }: QueueInput,
): Promise<ReadOptions> {
  if (serviceBoardId === undefined && serviceTypeId === undefined && serviceSubtypeId === undefined) {
    return { changes: {}, problems: [] };
  }
  const chosen = (serviceBoard: ChosenRecord | null, serviceType?: ChosenRecord, subtype?: ChosenRecord) => ({
    changes: { serviceBoard, serviceType: serviceType ?? null, serviceSubtype: subtype ?? null },
    problems: [],
  });

  const serviceBoard =
    serviceBoardId === undefined
      ? (integration.serviceBoard ?? null)
      : serviceBoardId === null
        ? null
        : find(await lookups.serviceBoards(integration), serviceBoardId);
  if (serviceBoard === undefined) {
    return rejected(
      'serviceBoardId',
      'NOT_FOUND',
      'The PSA has no active service board with this id. Choose one of serviceBoards.',
    );
  }

  const boardStays = serviceBoard?.id === integration.serviceBoard?.id;
  const typeId = serviceTypeId === undefined && boardStays ? integration.serviceType?.id : serviceTypeId;
  const typeStays = boardStays && typeId === integration.serviceType?.id;
  const subtypeId =
    serviceSubtypeId === undefined && typeStays ? integration.serviceSubtype?.id : serviceSubtypeId;
  if (typeId && !serviceBoard) {
    return rejected(
      'serviceTypeId',
      'NO_SERVICE_BOARD',
      'A type needs a service board: choose the board too.',
    );
  }
  if (subtypeId && !typeId) {
    return rejected('serviceSubtypeId', 'NO_SERVICE_TYPE', 'A subtype needs a type: choose the type too.');
  }
  if (!typeId || !serviceBoard) return chosen(serviceBoard);

  const type = (await lookups.serviceTypes(integration, serviceBoard.id)).find(known => known.id === typeId);
  if (!type) {
    return rejected(
      serviceTypeId === undefined ? 'serviceSubtypeId' : 'serviceTypeId',
      'NOT_ON_BOARD',
      `The board "${serviceBoard.name}" has no active type with the id ${typeId}. Choose one of its types.`,
    );
  }
  const serviceType = { id: type.id, name: type.name };
  if (!subtypeId) return chosen(serviceBoard, serviceType);
  const serviceSubtype = find(type.subtypes, subtypeId);
  if (serviceSubtype) return chosen(serviceBoard, serviceType, serviceSubtype);
  return rejected(
    'serviceSubtypeId',
    'NOT_OF_TYPE',
    `The type "${type.name}" has no active subtype with the id ${subtypeId}. Choose one of its subtypes.`,
  );
}

function find(records: readonly ChosenRecord[], id: string): ChosenRecord | undefined {
  const found = records.find(record => record.id === id);
  return found && { id: found.id, name: found.name };
}

function rejected(field: keyof QueueInput, code: string, message: string): ReadOptions {
  return { changes: {}, problems: [{ field: ['options', field], code, message }] };
}
