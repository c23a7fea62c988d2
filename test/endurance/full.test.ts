import { describeEndurance } from './scenarios.js';

const kills = Number(process.env.KILLS ?? 60);

describeEndurance({
  deliveries: Number(process.env.DELIVERIES ?? 10_000),
  kills,
  companies: 200,
  billingKills: Math.min(kills, 8),
  freezes: Math.min(Math.ceil(kills / 2), 20),
  waitForIdleTransactions: true,
  timeoutMs: 1_800_000,
});
