import { describe, expect, it } from 'vitest';
import { integrationJobNames } from '../../../src/domain/integrations/wake-up.js';
import { integrationJobs, scheduledJobs } from '../../../src/jobs/registered-jobs.js';

describe('the registered jobs', () => {
  it('include every job that an integration can be woken for, each once', () => {
    expect(integrationJobs.map(({ name }) => name).toSorted()).toEqual(integrationJobNames.toSorted());
  });

  it('have unique names', () => {
    const names = [...integrationJobs, ...scheduledJobs].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
