import type { PlannedEffect } from '../../runs/keep-plan.js';
import type { PlannedQuantity } from './plan-quantities.js';
import type { UsageFigure } from './read-period-figures.sql.js';

/** What a dry run shows: one effect for each organization, with the quantities of the place that it is billed at. */
export function plannedEffects(
  figures: readonly UsageFigure[],
  planned: readonly PlannedQuantity[],
): PlannedEffect[] {
  return [
    ...figures
      .filter(figure => figure.companyId === null)
      .map(figure => ({
        organizationId: figure.organizationId,
        summary: `${figure.usageType}: ${figure.quantity}. Not billed: the organization is not mapped.`,
      })),
    ...planned.flatMap(quantity =>
      quantity.organizationIds.map(organizationId => ({
        organizationId,
        summary: quantity.message ? `${quantity.summary}. ${quantity.message}` : quantity.summary,
        before: quantity.target?.quantity,
        after: quantity.state === 'PENDING' || quantity.state === 'HELD' ? quantity.quantity : null,
      })),
    ),
  ];
}
