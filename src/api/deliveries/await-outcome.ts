import { setTimeout as pause } from 'node:timers/promises';
import type { MikroORM } from '@mikro-orm/postgresql';
import { Delivery, DeliveryState } from '../../domain/deliveries/delivery.js';

const everyMs = 100;

/**
 * Waits until a worker has tried the delivery and written how it went, but not longer than `forMs`; returns
 * it as it stands then.
 */
export async function awaitOutcome(orm: MikroORM, deliveryId: string, forMs: number): Promise<Delivery> {
  const deadline = performance.now() + forMs;
  for (;;) {
    const delivery = await orm.em.fork().findOneOrFail(Delivery, { id: deliveryId });
    const tried = delivery.state !== DeliveryState.PENDING || delivery.lastError != null;
    if (tried || performance.now() >= deadline) return delivery;
    await pause(everyMs);
  }
}
