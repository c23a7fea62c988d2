import { z } from 'zod';
import { digestContent, quantityContent, testContent } from '../domain/deliveries/delivery-content.js';

const claimed = z.object({
  id: z.string(),
  summary: z.string(),
  /** This attempt included. */
  attempts: z.number(),
  /** An earlier attempt may have reached the PSA. */
  wasUnsure: z.boolean(),
  /** RFC 3339. */
  createdAt: z.string(),
  organizationId: z.string().nullable(),
});

/** A delivery that this worker is processing, by its kind. */
export const claimedDelivery = z.discriminatedUnion('kind', [
  claimed.extend({ kind: z.literal('EVENT') }),
  claimed.extend({ kind: z.literal('DIGEST'), content: digestContent }),
  claimed.extend({ kind: z.literal('TEST'), content: testContent }),
  claimed.extend({ kind: z.literal('USAGE'), content: quantityContent }),
]);

export type ClaimedDelivery = z.infer<typeof claimedDelivery>;
export type ClaimedQuantity = Extract<ClaimedDelivery, { kind: 'USAGE' }>;
export type ClaimedTicket = Exclude<ClaimedDelivery, ClaimedQuantity>;

export function isQuantity(delivery: ClaimedDelivery): delivery is ClaimedQuantity {
  return delivery.kind === 'USAGE';
}
