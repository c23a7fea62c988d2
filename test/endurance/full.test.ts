import { describeEndurance } from './scenarios.js';

describeEndurance(Number(process.env.DELIVERIES ?? 10_000), Number(process.env.KILLS ?? 60), 1_800_000);
