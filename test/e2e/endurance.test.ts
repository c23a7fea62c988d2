import { describeEndurance } from '../endurance/scenarios.js';

// The same at full size: npm run test:endurance.
describeEndurance({
  deliveries: 150,
  kills: 3,
  companies: 60,
  billingKills: 2,
  freezes: 1,
  waitForIdleTransactions: false,
  timeoutMs: 180_000,
});
