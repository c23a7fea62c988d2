import type { PsaReference, ServiceType } from '../../src/psa/adapter.js';
import { PsaRejected, PsaRightMissing } from '../../src/psa/errors.js';
import type { ConnectWiseClient } from './client.js';

interface Named {
  id: number;
  name: string;
  inactiveFlag?: boolean | null;
}
interface Board extends Named {
  projectFlag?: boolean | null;
}
interface SubType extends Named {
  typeAssociationIds?: number[] | null;
}

/** Active boards for service tickets, by name. Where the set-up table is closed to the login, its small twin serves. */
export async function listServiceBoards(client: ConnectWiseClient): Promise<PsaReference[]> {
  const params = {
    conditions: 'inactiveFlag=false and projectFlag=false',
    fields: 'id,name,inactiveFlag,projectFlag',
  };
  let boards: Board[];
  try {
    boards = await client.getAll<Board>('/service/boards', { params });
  } catch (error) {
    if (!(error instanceof PsaRightMissing)) throw error;
    boards = await client.getAll<Board>('/service/info/boards', { params });
  }
  return boards
    .filter(board => !board.inactiveFlag && !board.projectFlag)
    .map(reference)
    .sort(byName);
}

/** Active types of a board with the subtypes that are associated with each. An unknown board has none. */
export async function listServiceTypes(client: ConnectWiseClient, boardId: string): Promise<ServiceType[]> {
  if (!/^\d+$/.test(boardId)) return [];
  const [types, subtypes] = await Promise.all([
    client.getAll<Named>(`/service/boards/${boardId}/types`, { params: { fields: 'id,name,inactiveFlag' } }),
    client.getAll<SubType>(`/service/boards/${boardId}/subtypes`, {
      params: { fields: 'id,name,inactiveFlag,typeAssociationIds' },
    }),
  ]).catch(orNothingWhereUnknown);
  return types
    .filter(type => !type.inactiveFlag)
    .map(type => ({
      ...reference(type),
      subtypes: subtypes
        .filter(subtype => !subtype.inactiveFlag && subtype.typeAssociationIds?.includes(type.id))
        .map(reference)
        .sort(byName),
    }))
    .sort(byName);
}

/** Some servers answer only id and name (seen in client code), so nothing else is asked for. */
export async function listTicketPriorities(client: ConnectWiseClient): Promise<PsaReference[]> {
  const priorities = await client.getAll<Named>('/service/priorities', { params: { fields: 'id,name' } });
  return priorities.map(reference).sort(byName);
}

function orNothingWhereUnknown(error: unknown): [Named[], SubType[]] {
  if (error instanceof PsaRejected && /not found/i.test(error.message)) return [[], []];
  throw error;
}

export function reference({ id, name }: { id: number; name: string }): PsaReference {
  return { id: String(id), name };
}

export function byName(a: { name: string }, b: { name: string }): number {
  return a.name.localeCompare(b.name, 'en', { numeric: true });
}
