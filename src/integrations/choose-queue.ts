import type { ChosenRecord, Integration } from '../domain/integrations/integration.js';
import type { Problem } from '../domain/problem.js';
import type { PsaLookups } from './psa-lookups.js';

/** Where tickets go: the three belong together in the PSA. */
export interface Queue {
  serviceBoard: ChosenRecord | null;
  serviceType: ChosenRecord | null;
  serviceSubtype: ChosenRecord | null;
}

/** Ids of the PSA. Undefined: stays as it is. Null: is cleared. */
export interface QueueChoice {
  serviceBoardId?: string | null;
  serviceTypeId?: string | null;
  serviceSubtypeId?: string | null;
}

/**
 * Board, type and subtype as they stand after the options, checked in the PSA where they change. A new board
 * drops the old type, a new type the old subtype, unless they are given too. Empty: nothing changes.
 */
export async function chooseQueue(
  lookups: Pick<PsaLookups, 'serviceBoards' | 'serviceTypes'>,
  integration: Integration,
  choice: QueueChoice,
  problems: Problem[],
): Promise<Queue | undefined> {
  const { serviceBoardId, serviceTypeId, serviceSubtypeId } = choice;
  if (serviceBoardId === undefined && serviceTypeId === undefined && serviceSubtypeId === undefined) return;
  const refuse = (field: keyof QueueChoice, code: string, message: string) => {
    problems.push({ field: ['options', field], code, message });
    return undefined;
  };

  const serviceBoard =
    serviceBoardId === undefined
      ? (integration.serviceBoard ?? null)
      : serviceBoardId === null
        ? null
        : find(await lookups.serviceBoards(integration), serviceBoardId);
  if (serviceBoard === undefined) {
    return refuse(
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
    return refuse('serviceTypeId', 'NO_SERVICE_BOARD', 'A type needs a service board: choose the board too.');
  }
  if (subtypeId && !typeId) {
    return refuse('serviceSubtypeId', 'NO_SERVICE_TYPE', 'A subtype needs a type: choose the type too.');
  }
  if (!typeId || !serviceBoard) return { serviceBoard, serviceType: null, serviceSubtype: null };

  const type = (await lookups.serviceTypes(integration, serviceBoard.id)).find(known => known.id === typeId);
  if (!type) {
    return refuse(
      serviceTypeId === undefined ? 'serviceSubtypeId' : 'serviceTypeId',
      'NOT_ON_BOARD',
      `The board "${serviceBoard.name}" has no active type with the id ${typeId}. Choose one of its types.`,
    );
  }
  const serviceType = { id: type.id, name: type.name };
  if (!subtypeId) return { serviceBoard, serviceType, serviceSubtype: null };
  const serviceSubtype = find(type.subtypes, subtypeId);
  if (serviceSubtype) return { serviceBoard, serviceType, serviceSubtype };
  return refuse(
    'serviceSubtypeId',
    'NOT_OF_TYPE',
    `The type "${type.name}" has no active subtype with the id ${subtypeId}. Choose one of its subtypes.`,
  );
}

function find(records: readonly ChosenRecord[], id: string): ChosenRecord | undefined {
  const found = records.find(record => record.id === id);
  return found && { id: found.id, name: found.name };
}
