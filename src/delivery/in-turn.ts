/**
 * Makes a function that does `work` for each of a group's items one after the other, and after the group's items that
 * it was given before, so that the items of one group keep their order over several calls.
 */
export function inTurn<Item>(
  groupOf: (item: Item) => string,
  work: (item: Item) => Promise<void>,
): (ofOneGroup: readonly Item[]) => Promise<void> {
  const busy = new Map<string, Promise<void>>();
  return async items => {
    const group = groupOf(items[0]!);
    const before = busy.get(group);
    const mine = (async () => {
      await before;
      for (const item of items) await work(item);
    })();
    busy.set(group, mine);
    await mine.finally(() => {
      if (busy.get(group) === mine) busy.delete(group);
    });
  };
}
