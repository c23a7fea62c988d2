import { query } from '../../src/db/sql.js';
import {
  PartnersDocument,
  UpsertOrganizationsDocument,
  UpsertPartnersDocument,
} from '../../src/gql/typed.js';
import type { TestApi } from './api.js';
import type { TestDatabase } from './database.js';

/** Reports a partner with organizations, as the backup platform does; returns their ids by externalId. */
export async function reportPartner(
  api: TestApi,
  externalId: string,
  organizations: readonly string[] = [],
): Promise<{ id: string; organizations: Record<string, string> }> {
  await api.ask(UpsertPartnersDocument, {
    partners: [{ externalId, name: `Partner ${externalId}`, timeZone: 'America/Chicago', invoiceDay: 15 }],
  });
  await api.ask(UpsertOrganizationsDocument, {
    organizations: organizations.map(name => ({
      externalId: `${externalId}/${name}`,
      partnerExternalId: externalId,
      name,
    })),
  });
  const { partners } = await api.ask(PartnersDocument, { search: `Partner ${externalId}` });
  const answer = await api.send<
    { partner: { organizations: { nodes: { id: string; name: string }[] } } },
    object
  >('query($id: ID!) { partner(id: $id) { organizations(first: 500) { nodes { id name } } } }', {
    id: partners.nodes[0]!.id,
  });
  return {
    id: partners.nodes[0]!.id,
    organizations: Object.fromEntries(
      answer.data!.partner.organizations.nodes.map(({ id, name }) => [name, id]),
    ),
  };
}

/** Inserts an integration as connecting a partner does, without a PSA. */
export async function insertIntegration(
  database: TestDatabase,
  api: TestApi,
  partnerId: string,
): Promise<string> {
  const em = database.orm.em.fork();
  const [row] = await query<{ id: string }>(em, 'select uuid_v7() as id');
  await query(
    em,
    `insert into integration (id, partner_id, psa, account, credentials) values ($1, $2, 'connectwise', $3, $4)`,
    [
      row!.id,
      partnerId,
      `psa.invalid/${partnerId}`,
      api.vault.seal(row!.id, {
        site: 'psa.invalid',
        companyId: 'acme',
        username: 'public',
        password: 'top-secret',
      }),
    ],
  );
  return row!.id;
}
