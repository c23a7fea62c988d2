import { z } from 'zod';
import { setting } from '../setting.js';

const usageRule = z.enum(['last', 'maximum', 'average', 'sum']);

/** "Backup Usage=maximum;Protected Machines=last", by usage type. */
const usageRules = z.string().transform((text, context) => {
  const rules: Record<string, z.infer<typeof usageRule>> = {};
  for (const entry of text.split(';').filter(part => part.trim() !== '')) {
    const at = entry.lastIndexOf('=');
    const rule = usageRule.safeParse(entry.slice(at + 1).trim());
    if (at < 1 || !rule.success) {
      context.addIssue({
        code: 'custom',
        message: `"${entry}" is not "usage type=last", "=maximum", "=average" or "=sum"`,
      });
      return z.NEVER;
    }
    rules[entry.slice(0, at).trim()] = rule.data;
  }
  return rules as Readonly<typeof rules>;
});

export const usageSettings = {
  rules: setting({
    name: 'USAGE_RULES',
    parser: usageRules,
    default: '',
    description:
      "how a period's quantity is computed from its measurements: `Backup Usage=maximum;Machines=last`; also `average` and `sum`. A usage type that is not named uses `last`",
  }),
  runTime: setting({
    name: 'USAGE_RUN_TIME',
    parser: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 06:00'),
    default: '06:00',
    description:
      "when the usage run of an invoice day starts, in the partner's time zone. Late measurements of the day before should have arrived by then",
  }),
};
