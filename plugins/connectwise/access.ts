import {
  type AccessCheck,
  type AccessNeeds,
  PsaError,
  PsaLoginRefused,
  PsaRightMissing,
} from 'psa-bridge/plugin';
import { z } from 'zod';
import type { ConnectWiseClient } from './client.js';
import { crossReferences, findSolution, toBillingLevels } from './cross-references.js';

type Finding = { message?: string; hint?: string } | undefined;

interface Probe {
  id: string;
  title: string;
  required: boolean;
  /** Resolves to a finding if something is wrong although the request succeeded. */
  look(): Promise<Finding>;
  hint: string;
}

/**
 * Makes one small read for every right that the options need: the developer guide names no other way, and `/system/info`
 * proves nothing about a login. Checks that depend on a failed step are SKIPPED.
 */
export async function checkAccess(
  client: ConnectWiseClient,
  solutionName: string,
  needs: AccessNeeds,
): Promise<AccessCheck[]> {
  const probe = (path: string) => async (): Promise<Finding> => {
    await client.get(path, z.array(z.unknown()), { params: { pageSize: 1, fields: 'id' } });
    return undefined;
  };
  const steps: Probe[] = [
    {
      id: 'site',
      title: 'The site answers and knows the company',
      required: true,
      hint: 'Check the site (such as na.myconnectwise.net) and that this service can reach it.',
      look: async () =>
        (await client.companyInfo())
          ? undefined
          : {
              message: `The site knows no company "${client.companyId}".`,
              hint: 'Enter the company ID exactly as on the ConnectWise login page, upper and lower case included.',
            },
    },
    {
      id: 'login',
      title: 'ConnectWise accepts the login',
      required: true,
      hint: 'System > Members > API Members > API Keys: make a key pair and enter the public key as user name and the private key as password. An integrator login (Setup Tables > Integrator Login) works where ConnectWise still takes it.',
      look: async () => {
        try {
          return await probe('/service/boards')();
        } catch (error) {
          if (error instanceof PsaRightMissing) return undefined; // the login is valid, and lacks this right
          throw error;
        }
      },
    },
  ];
  const rights: Probe[] = [
    {
      id: 'boards',
      title: 'Read service boards, types and subtypes',
      required: true,
      look: probe('/service/boards'),
      hint: 'Security role: Service Desk > Service Tickets: Inquire, and System > Table Setup: Inquire with "Service / Service Board" allowed under Customize.',
    },
    {
      id: 'priorities',
      title: 'Read ticket priorities',
      required: true,
      look: probe('/service/priorities'),
      hint: 'Security role: System > Table Setup: Inquire with "Service / Priority" allowed under Customize.',
    },
    {
      id: 'tickets',
      title: 'Read service tickets',
      required: true,
      look: probe('/service/tickets'),
      hint: 'Security role: Service Desk > Service Tickets: Add, Edit and Inquire, level All. Integrator login: Service Ticket API.',
    },
    {
      id: 'companies',
      title: 'Read companies',
      required: true,
      look: probe('/company/companies'),
      hint: 'Security role: Companies > Company Maintenance: Inquire, level All. Integrator login: Company API, access level All Records.',
    },
    {
      id: 'solution',
      title: `Managed Devices Integration "${solutionName}"`,
      required: needs.billing,
      look: () => lookForSolution(client, solutionName),
      hint: 'Security role: Companies > Management: Inquire, and System > Table Setup with Managed Devices Integration allowed. Integrator login: Managed Services API.',
    },
    {
      id: 'agreements',
      title: 'Read agreements and their additions',
      required: needs.billing,
      look: probe('/finance/agreements'),
      hint: 'Security role: Finance > Agreements: Add, Edit and Inquire, level All. Integrator login: Agreement API.',
    },
  ];
  const checks: AccessCheck[] = [];
  for (const step of steps) {
    const check = checks.some(({ state }) => state !== 'PASSED') ? skipped(step) : await run(step);
    checks.push(check);
  }
  const loggedIn = checks.every(({ state }) => state === 'PASSED');
  return [...checks, ...(await Promise.all(rights.map(right => (loggedIn ? run(right) : skipped(right)))))];
}

async function lookForSolution(client: ConnectWiseClient, solutionName: string): Promise<Finding> {
  const { found, lookAlikes } = await findSolution(client, solutionName);
  if (found) {
    const levels = toBillingLevels(await crossReferences(client, solutionName));
    if (levels.some(level => level.active)) return undefined;
    return {
      message: 'It has no complete and enabled cross-reference.',
      hint: 'Open it in Setup Tables > Managed Devices Integration and add a cross-reference with Type, Level, Agreement Type and Product.',
    };
  }
  const [lookAlike] = lookAlikes;
  const hint = `Setup Tables > Managed Devices Integration: name and solution must both be exactly "${solutionName}", upper and lower case included.`;
  return {
    message: lookAlike
      ? `There is one with the name "${lookAlike.name}" and the solution "${lookAlike.solution}"; both must match exactly.`
      : 'There is no Managed Devices Integration with this name.',
    hint,
  };
}

function skipped({ id, title, required }: Probe): AccessCheck {
  return { id, title, required, state: 'SKIPPED' };
}

async function run({ id, title, required, look, hint }: Probe): Promise<AccessCheck> {
  try {
    const finding = await look();
    if (!finding) return { id, title, required, state: 'PASSED' };
    return { id, title, required, state: 'FAILED', hint, ...finding };
  } catch (error) {
    if (!(error instanceof PsaError)) throw error;
    const known = error instanceof PsaLoginRefused || error instanceof PsaRightMissing || id === 'site';
    return {
      id,
      title,
      required,
      state: 'FAILED',
      message: error.message,
      hint: known
        ? hint
        : 'Try again later. If the error remains, ask the vendor’s support to look into its log.',
    };
  }
}
