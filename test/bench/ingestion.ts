import { ReportBackupJobsDocument } from '../../src/gql/typed.js';
import { jobResults, type Stage, timed } from '../support/stage.js';
import { figure, median } from './figures.js';

/**
 * Job results accepted each second through GraphQL, beside a bare `insert … select from unnest` of the same rows
 * into a table of the same columns and keys. Two platforms report at once; the integration is paused, so that
 * every result also creates a pending ticket delivery.
 */
export async function benchIngestion(stage: Stage, print: (line: string) => void): Promise<void> {
  const { client, db } = stage;
  const partner = await stage.addPartner('ingestion', 20);
  await partner.pause();
  await db.query('create table bare_result (like backup_job_result including all)');
  const { rows } = await db.query('select id from organization order by id limit 1');
  const organization = rows[0].id as string;
  for (const batch of [1_000, 10_000]) {
    const calls = 20_000 / batch;
    const bare: number[] = [];
    const ours: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const batches = Array.from({ length: calls }, () => jobResults(partner, batch, 20));
      await db.query('truncate bare_result');
      bare.push(
        (batch * calls) /
          (await timed(async () => {
            for (const jobs of batches) {
              await db.query(
                `insert into bare_result (organization_id, external_id, job_name, device, status, started_at, ended_at, protected_bytes, message)
                 select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::numeric[], $9::text[])`,
                [
                  organization,
                  ...(
                    [
                      'externalId',
                      'jobName',
                      'device',
                      'status',
                      'startedAt',
                      'endedAt',
                      'protectedBytes',
                      'message',
                    ] as const
                  ).map(field => jobs.map(job => job[field])),
                ],
              );
            }
          })),
      );
      ours.push(
        (batch * calls) /
          (await timed(async () => {
            const platform = async () => {
              for (let jobs = batches.pop(); jobs; jobs = batches.pop()) {
                const { reportBackupJobs } = await client.ask(ReportBackupJobsDocument, { jobs });
                if (reportBackupJobs.accepted !== jobs.length)
                  throw new Error(JSON.stringify(reportBackupJobs));
              }
            };
            await Promise.all([platform(), platform()]);
          })),
      );
    }
    print(
      `${batch.toLocaleString('en')} a call: ${figure(median(ours))} results/s, each with its delivery; bare insert of the results alone ${figure(median(bare))}/s; ratio ${figure(median(ours) / median(bare))}`,
    );
  }
  await db.query('drop table bare_result');
}
