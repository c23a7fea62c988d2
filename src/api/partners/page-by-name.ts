import type { EntityClass, EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import { type CountedPage, containing, counted, keysAfter, pageOf, pageSize } from '../pages.js';
import type { SearchArgs } from './types.js';

/** A page of the entities in `scope` whose name contains the searched text, in the order of name and id. */
export async function pageByName<Entity extends { id: string; name: string }>(
  em: EntityManager,
  entity: EntityClass<Entity>,
  scope: FilterQuery<Entity>,
  args: SearchArgs,
): Promise<CountedPage<Entity>> {
  const first = pageSize(args);
  const after = keysAfter(args, 'text', 'uuid');
  const search = args.search ? { name: { $ilike: containing(args.search) } } : {};
  const behind = after
    ? { $or: [{ name: { $gt: after[0] } }, { name: after[0], id: { $gt: after[1] } }] }
    : {};
  const wanted = (...conditions: object[]) => ({ $and: [scope, ...conditions] }) as FilterQuery<Entity>;
  const rows = (await em.find<Entity>(entity, wanted(search, behind), {
    orderBy: { name: 'asc', id: 'asc' } as never,
    limit: first + 1,
  })) as Entity[];
  return counted(
    pageOf(rows, first, row => [row.name, row.id]),
    () => em.count(entity, wanted(search)),
  );
}
