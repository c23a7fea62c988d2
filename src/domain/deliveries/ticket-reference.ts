/** What a ticket carries so that it is found again: our delivery's own key. Never changes for a delivery. */
export function ticketReference(deliveryId: string): string {
  return `psa-bridge-${deliveryId}`;
}
