import type { EntityClass, EntityManager, FilterQuery } from '@mikro-orm/postgresql';
import { type CountedPage, counted, keysAfter, type PageArgs, pageOf, pageSize } from './pages.js';

/** A page of the entities that are `wanted`, newest first: ids grow with time. */
export async function pageOfNewest<Entity extends { id: string }>(
  em: EntityManager,
  entity: EntityClass<Entity>,
  wanted: FilterQuery<Entity>,
  args: PageArgs,
): Promise<CountedPage<Entity>> {
  const first = pageSize(args);
  const after = keysAfter(args, 'uuid');
  const rows = (await em.find<Entity>(
    entity,
    (after ? { $and: [wanted, { id: { $lt: after[0] } }] } : wanted) as FilterQuery<Entity>,
    { orderBy: { id: 'desc' } as never, limit: first + 1 },
  )) as Entity[];
  return counted(
    pageOf(rows, first, row => [row.id]),
    () => em.count(entity, wanted),
  );
}
