import { localDateTime } from '../calendar.js';
import type { BackupStatusName } from './backup-job-result.js';

/** What one organization's day of backups looked like. */
export interface DigestFacts {
  organization: string;
  /** The day summed up, in the partner's calendar. */
  date: string;
  /** The day is not over: a person asked for its digest early. */
  soFar: boolean;
  timeZone: string;
  succeeded: number;
  warned: number;
  failed: number;
  /** Results that were not plain successes, worst first, newest first. */
  problems: DigestProblem[];
  /** Every device that reported within the last month, with its last good backup. */
  devices: DigestDevice[];
}

export interface DigestProblem {
  status: 'WARNING' | 'ERROR';
  jobName: string;
  device: string | null;
  endedAt: Date;
  message: string | null;
}

export interface DigestDevice {
  name: string;
  backedUpThatDay: boolean;
  lastGoodAt: Date | null;
}

export interface Digest {
  summary: string;
  body: string;
  /** What decides the ticket's priority. */
  worst: BackupStatusName;
}

/** The most lines of a kind in one ticket; the rest are counted. */
const mostLines = 100;

/** Writes the digest of one organization's day: counts, then problems, then good backups. Plain text. */
export function writeDigest(facts: DigestFacts): Digest {
  const missing = facts.devices.filter(device => !device.backedUpThatDay);
  const well = facts.devices.filter(device => device.backedUpThatDay);
  const worst = facts.failed > 0 ? 'ERROR' : facts.warned > 0 || missing.length > 0 ? 'WARNING' : 'SUCCESS';
  const counts = [
    `${facts.failed} failed`,
    `${facts.warned} with warnings`,
    `${facts.succeeded} succeeded`,
    ...(missing.length > 0 ? [`${missing.length} without backup`] : []),
  ].join(', ');
  const day = facts.soFar ? `${facts.date} so far` : facts.date;
  const sections = [
    `Backups of ${facts.organization} on ${day} (${facts.timeZone}): ${counts}.`,
    section(
      'Failed',
      facts.problems
        .filter(problem => problem.status === 'ERROR')
        .map(problem => problemLine(problem, facts.timeZone)),
    ),
    section(
      'With warnings',
      facts.problems
        .filter(problem => problem.status === 'WARNING')
        .map(problem => problemLine(problem, facts.timeZone)),
    ),
    section(
      'No backup that day',
      missing.map(device => `${device.name}: ${lastGood(device, facts.timeZone)}`),
    ),
    section(
      'Backed up',
      well.map(device => `${device.name}: ${lastGood(device, facts.timeZone)}`),
    ),
  ];
  return {
    summary: `Backup digest ${day}: ${counts} - ${facts.organization}`,
    body: sections.filter(text => text !== '').join('\n\n'),
    worst,
  };
}

function section(title: string, lines: string[]): string {
  if (lines.length === 0) return '';
  const shown = lines.slice(0, mostLines).map(line => `- ${line}`);
  const rest = lines.length - shown.length;
  return [`${title}:`, ...shown, ...(rest > 0 ? [`- and ${rest} more`] : [])].join('\n');
}

function problemLine(problem: DigestProblem, timeZone: string): string {
  const where = problem.device ? `${problem.device} (${problem.jobName})` : problem.jobName;
  const message = problem.message ? `: ${problem.message.split('\n')[0]!.slice(0, 200).toWellFormed()}` : '';
  return `${localDateTime(problem.endedAt, timeZone)} ${where}${message}`;
}

function lastGood(device: DigestDevice, timeZone: string): string {
  return device.lastGoodAt
    ? `last good backup ${localDateTime(device.lastGoodAt, timeZone)}`
    : 'no good backup in the last 31 days';
}
