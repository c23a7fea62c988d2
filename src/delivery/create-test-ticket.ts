import { randomUUID } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { recordAction } from '../domain/audit/record-action.js';
import { Delivery, DeliveryKind } from '../domain/deliveries/delivery.js';
import type { TestContent } from '../domain/deliveries/delivery-content.js';
import type { Integration } from '../domain/integrations/integration.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import type { PsaCompany } from '../psa/adapter.js';

/** Creates the delivery of a ticket that says that it is a test. Every call makes a ticket of its own. */
export function createTestTicket(
  em: EntityManager,
  {
    integration,
    company,
    now,
    wakeUp,
  }: { integration: Integration; company: PsaCompany; now: Date; wakeUp: WakeUp },
): Promise<Delivery> {
  const content: TestContent = {
    companyId: company.id,
    body: [
      'This is a test ticket. Somebody pressed "Send a test ticket"; there is nothing to do.',
      '',
      `Company: ${company.name}`,
      'It arrived where tickets of this integration will arrive: check its board, type and subtype, then close it.',
    ].join('\n'),
  };
  return em.transactional(async tx => {
    const delivery = tx.create(Delivery, {
      integration: integration.id,
      kind: DeliveryKind.TEST,
      key: `test:${randomUUID()}`,
      summary: `Test ticket for ${company.name}: the integration works`,
      content,
      nextAttemptAt: now,
      releasedBy: await recordAction(tx, {
        action: 'test_ticket.sent',
        integrationId: integration.id,
        after: { company: company.name },
      }),
    });
    await tx.flush();
    await wakeUp(tx, 'deliver', [integration.id]);
    return delivery;
  });
}
