import { describeEndurance } from '../endurance/scenarios.js';

// The same at full size: npm run test:endurance.
describeEndurance(300, 4, 180_000);
