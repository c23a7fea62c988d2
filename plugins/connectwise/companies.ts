import {
  type CompanyQuery,
  type PsaCompany,
  type PsaPage,
  PsaRejected,
  PsaRightMissing,
} from 'psa-bridge/plugin';
import { z } from 'zod';
import type { ConnectWiseClient } from './client.js';
import { chunks, idList, quoted } from './conditions.js';
import { type Company, company, companyStatus } from './records.js';

const fields = 'id,identifier,name';

export interface Companies {
  find(query: CompanyQuery): Promise<PsaPage<PsaCompany>>;
  get(ids: readonly string[]): Promise<PsaCompany[]>;
  findByName(names: readonly string[]): Promise<PsaCompany[]>;
}

/** Companies that are neither deleted nor in a status that the partner has marked as inactive. */
export function companies(client: ConnectWiseClient): Companies {
  let active: Promise<string> | undefined;

  /** Statuses are the partner's own, so the inactive ones are read once; without the right to read them, all count as active. */
  function activeCondition(): Promise<string> {
    active ??= client
      .getAll('/company/companies/statuses', companyStatus, {
        params: { fields: 'id,inactiveFlag' },
      })
      .catch(error => {
        if (error instanceof PsaRightMissing || error instanceof PsaRejected) return [];
        active = undefined;
        throw error;
      })
      .then(statuses => {
        const inactive = statuses.filter(status => status.inactiveFlag).map(status => status.id);
        return inactive.length > 0
          ? `deletedFlag=false and status/id not in (${inactive.join(',')})`
          : 'deletedFlag=false';
      });
    return active;
  }

  async function allWhere(conditions: readonly string[]): Promise<PsaCompany[]> {
    const base = await activeCondition();
    const pages = await Promise.all(
      conditions.map(condition =>
        client.getAll('/company/companies', company, {
          params: { conditions: `${base} and ${condition}`, fields },
        }),
      ),
    );
    return pages.flat().map(toCompany);
  }

  return {
    /** Sorted by id: names change and repeat, so a page by name could skip or repeat a company. */
    async find({ search, first, after }) {
      const words = search?.trim();
      const conditions = [
        await activeCondition(),
        ...(words ? [`(name contains ${quoted(words)} or identifier contains ${quoted(words)})`] : []),
        ...(after && idList([after]).length > 0 ? [`id > ${after}`] : []),
      ].join(' and ');
      const rows = await client.get('/company/companies', z.array(company), {
        params: { conditions, fields, orderBy: 'id asc', pageSize: Math.min(first + 1, 1_000) },
      });
      const nodes = rows.slice(0, first).map(toCompany);
      return { nodes, hasNextPage: rows.length > first, endCursor: nodes.at(-1)?.id };
    },
    get: ids => allWhere(chunks(idList(ids)).map(chunk => `id in (${chunk.join(',')})`)),
    findByName: names => allWhere(chunks(names.map(quoted)).map(chunk => `name in (${chunk.join(',')})`)),
  };
}

function toCompany({ id, identifier, name }: Company): PsaCompany {
  return { id: String(id), identifier, name };
}
