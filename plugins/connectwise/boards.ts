import { type PsaReference, PsaRejected, PsaRightMissing, type ServiceType } from 'psa-bridge/plugin';
import type { ConnectWiseClient } from './client.js';
import { type Board, board, type Named, named, type SubType, subType } from './records.js';

/** Active boards for service tickets, sorted by name. A login without access to the setup table reads `/service/info`. */
export async function listServiceBoards(client: ConnectWiseClient): Promise<PsaReference[]> {
  const params = {
    conditions: 'inactiveFlag=false and projectFlag=false',
    fields: 'id,name,inactiveFlag,projectFlag',
  };
  let boards: Board[];
  try {
    boards = await client.getAll('/service/boards', board, { params });
  } catch (error) {
    if (!(error instanceof PsaRightMissing)) throw error;
    boards = await client.getAll('/service/info/boards', board, { params });
  }
  return boards
    .filter(({ inactiveFlag, projectFlag }) => !inactiveFlag && !projectFlag)
    .map(reference)
    .sort(byName);
}

/** Active types of a board, each with its associated subtypes. Empty for an unknown board. */
export async function listServiceTypes(client: ConnectWiseClient, boardId: string): Promise<ServiceType[]> {
  if (!/^\d+$/.test(boardId)) return [];
  const [types, subtypes] = await Promise.all([
    client.getAll(`/service/boards/${boardId}/types`, named, { params: { fields: 'id,name,inactiveFlag' } }),
    client.getAll(`/service/boards/${boardId}/subtypes`, subType, {
      params: { fields: 'id,name,inactiveFlag,typeAssociationIds' },
    }),
  ]).catch(emptyIfNotFound);
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

/** Some servers know only id and name here (seen in client code), so the request names no other field. */
export async function listTicketPriorities(client: ConnectWiseClient): Promise<PsaReference[]> {
  const priorities = await client.getAll('/service/priorities', named, { params: { fields: 'id,name' } });
  return priorities.map(reference).sort(byName);
}

function emptyIfNotFound(error: unknown): [Named[], SubType[]] {
  if (error instanceof PsaRejected && /not found/i.test(error.message)) return [[], []];
  throw error;
}

export function reference({ id, name }: { id: number; name: string }): PsaReference {
  return { id: String(id), name };
}

export function byName(a: { name: string }, b: { name: string }): number {
  return a.name.localeCompare(b.name, 'en', { numeric: true });
}
