import { type BoardStatus, type Ref, type Right, SandboxStore } from './store.js';

/** The values for the form. */
export const SANDBOX_LOGIN = {
  companyId: 'company_f',
  keys: { username: 'sandboxPublicKey', password: 'sandboxPrivateKey' },
  integrator: { username: 'cloudbackup', password: 'sandbox-integrator-password' },
  /** Has every right except finance and Managed Devices Integration. */
  withoutBilling: { username: 'noBillingPublicKey', password: 'noBillingPrivateKey' },
} as const;

export const SANDBOX_SOLUTION = 'Arcserve UDP Cloud Direct';

const ticketRights: Right[] = ['serviceTickets', 'closeServiceTickets', 'tableSetup', 'companies', 'members'];

/** A partner's ConnectWise as found in practice, with everything that is difficult for integrations. */
export function seed(store: SandboxStore, kind: 'awkward' | 'empty'): void {
  seedLogins(store);
  seedServiceDesk(store);
  const { types, products } = seedBilling(store);
  if (kind === 'awkward') seedCustomers(store, types, products);
}

function seedLogins(store: SandboxStore): void {
  const { keys, integrator, withoutBilling } = SANDBOX_LOGIN;
  store.addCredential({ user: keys.username, secret: keys.password });
  store.addCredential({ kind: 'integrator', user: integrator.username, secret: integrator.password });
  store.addCredential({
    user: withoutBilling.username,
    secret: withoutBilling.password,
    rights: new Set(ticketRights),
  });
  store.members.add({ identifier: 'backupapi', firstName: 'Backup', lastName: 'API', licenseClass: 'A' });
}

function seedServiceDesk(store: SandboxStore): void {
  const board = (name: string, flags: { inactiveFlag?: boolean; projectFlag?: boolean } = {}) =>
    store.boards.add({ name, inactiveFlag: false, projectFlag: false, ...flags });
  const ref = ({ id, name }: { id: number; name: string }): Ref => ({ id, name });
  const integration = board('Integration');
  const desk = board('Service Desk');
  const retired = board('Old Board', { inactiveFlag: true });
  const projects = board('Projects', { projectFlag: true });
  for (const owner of [integration, desk, retired, projects]) {
    const status = (name: string, more: Partial<BoardStatus>) =>
      store.statuses.add({ name, board: ref(owner), inactive: false, closedStatus: false, ...more });
    status('New', { defaultFlag: true, sortOrder: 1 });
    status('In Progress', { sortOrder: 2 });
    status('Waiting', { inactive: true, sortOrder: 3 });
    status('Closed', { closedStatus: true, sortOrder: 9 });
  }
  const backup = store.types.add({ name: 'Backup', board: ref(integration), defaultFlag: true });
  const billing = store.types.add({ name: 'Billing', board: ref(integration), inactiveFlag: false });
  store.types.add({ name: 'Legacy', board: ref(integration), inactiveFlag: true });
  const deskBackup = store.types.add({ name: 'Backup', board: ref(desk) });
  store.types.add({ name: 'Request', board: ref(desk), defaultFlag: true });
  for (const name of ['Failure', 'Digest', 'Information']) {
    store.subtypes.add({ name, board: ref(integration), typeAssociationIds: [backup.id] });
  }
  store.subtypes.add({ name: 'Invoice', board: ref(integration), typeAssociationIds: [billing.id] });
  store.subtypes.add({
    name: 'Unused',
    board: ref(integration),
    typeAssociationIds: [backup.id],
    inactiveFlag: true,
  });
  store.subtypes.add({ name: 'Failure', board: ref(desk), typeAssociationIds: [deskBackup.id] });
  store.priorities.add({ name: 'Priority 1 - Emergency Response', color: 'Red', sortOrder: 1 });
  store.priorities.add({ name: 'Priority 2 - Quick Response', color: 'Orange', sortOrder: 2 });
  store.priorities.add({
    name: 'Priority 3 - Normal Response',
    color: 'Yellow',
    sortOrder: 3,
    defaultFlag: true,
  });
  store.priorities.add({ name: 'Priority 4 - Scheduled Maintenance' });
  store.priorities.add({ name: 'Do Not Respond' });
  store.sources.add({ name: 'Call', defaultFlag: true });
  store.companyStatuses.add({ name: 'Active', defaultFlag: true, inactiveFlag: false });
  store.companyStatuses.add({ name: 'Not Approved', inactiveFlag: false });
  store.companyStatuses.add({ name: 'Inactive', inactiveFlag: true });
  store.companyTypes.add({ name: 'Customer', defaultFlag: true });
}

interface SeededTypes {
  backup: Ref;
  other: Ref;
}
interface SeededProducts {
  usage: Ref;
  gold: Ref;
  silver: Ref;
  machines: Ref;
}

function seedBilling(store: SandboxStore): { types: SeededTypes; products: SeededProducts } {
  const backup = store.agreementTypes.add({ name: 'Cloud Backup' });
  const other = store.agreementTypes.add({ name: 'Gold Support' });
  const product = (identifier: string, price: number) =>
    store.catalog.add({
      identifier,
      description: identifier,
      productClass: 'Service',
      price,
      cost: price / 3,
    });
  const products = {
    usage: product('Arcserve UDP Cloud Direct', 0.15),
    gold: product('Cloud Direct Gold', 0.25),
    silver: product('Cloud Direct Silver', 0.2),
    machines: product('Protected Machines', 4),
  };
  store.catalog.add({
    identifier: 'Backup bundle',
    description: 'Backup bundle',
    productClass: 'Bundle',
    price: 10,
  });
  const integration = (name: string, solution: string) =>
    store.integrations.add({ name, solution, loginBy: 'Global', defaultBillingLevel: 'Detail' });
  integration(SANDBOX_SOLUTION.toLowerCase(), SANDBOX_SOLUTION.toLowerCase());
  integration(SANDBOX_SOLUTION, 'Something else');
  const real = integration(SANDBOX_SOLUTION, SANDBOX_SOLUTION);
  const managedDevicesIntegration = { id: real.id, name: real.name };
  const agreementType = { id: backup.id, name: backup.name };
  const billedOn = (item: { id: number; identifier: string }): Ref => ({
    id: item.id,
    identifier: item.identifier,
  });
  const line = (
    vendorType: string,
    vendorLevel: string,
    item: { id: number; identifier: string } | undefined,
    inactiveFlag = false,
  ) =>
    store.addCrossReference({
      managedDevicesIntegration,
      vendorType,
      vendorLevel,
      agreementType,
      ...(item ? { product: billedOn(item) } : {}),
      inactiveFlag,
    });
  line('Backup Usage', 'Default', products.usage);
  line('Backup Usage', 'Gold', products.gold);
  line('Backup Usage', 'Silver', products.silver);
  line('Backup Usage', 'Bronze', products.usage, true);
  line('Backup Usage', 'Half-filled', undefined);
  line('Protected Machines', 'Gold', products.machines);
  return { types: { backup: agreementType, other: { id: other.id, name: other.name } }, products };
}

function seedCustomers(store: SandboxStore, types: SeededTypes, products: SeededProducts): void {
  const company = (name: string, more: Parameters<SandboxStore['addCompany']>[0] = { name }) =>
    store.addCompany({ ...more, name });
  const billed = (name: string, quantity: number, product = products.usage) => {
    const agreement = store.addAgreement({ company: company(name), type: types.backup });
    store.addAddition({ agreementId: agreement.id, product, quantity });
    return agreement;
  };
  const first = billed('PM Customer #1', 24);
  store.addAddition({ agreementId: first.id, product: products.gold, quantity: 3 });
  const second = billed('PM Customer #2', 10);
  store.addAddition({ agreementId: second.id, product: products.gold, quantity: 0 });
  billed("O'Brien & Sons [NY]", 5);
  billed('Müller "Technik" GmbH', 7);
  billed('50% Off + More', 1);

  const several = billed('Two Agreements Inc', 2).company;
  store.addAgreement({ company: several, type: types.backup, name: 'A second agreement of the same type' });

  const ended = company('Ended Agreements Ltd');
  const past = { company: ended, type: types.backup };
  store.addAgreement({
    ...past,
    name: 'Expired',
    agreementStatus: 'Expired',
    noEndingDateFlag: false,
    endDate: '2025-12-31T00:00:00Z',
  });
  store.addAgreement({ ...past, name: 'Cancelled', agreementStatus: 'Cancelled', cancelledFlag: true });
  store.addAgreement({
    ...past,
    name: 'Ended without anyone noticing',
    noEndingDateFlag: false,
    endDate: '2026-01-31T00:00:00Z',
  });
  const parent = store.addAgreement({ company: ended, type: types.other, name: 'Gold support' });
  store.addAgreement({
    ...past,
    name: 'Inactive child',
    agreementStatus: 'Inactive',
    parentAgreement: { id: parent.id, name: parent.name },
  });

  const twice = billed('Two Additions LLC', 4);
  store.addAddition({ agreementId: twice.id, product: products.usage, quantity: 6, unitPrice: 0.1 });

  const moved = store.addAgreement({ company: company('Cancelled and Future Co'), type: types.backup });
  store.addAddition({
    agreementId: moved.id,
    product: products.usage,
    quantity: 9,
    cancelledDate: '2026-06-30T00:00:00Z',
  });
  store.addAddition({
    agreementId: moved.id,
    product: products.usage,
    quantity: 0,
    effectiveDate: '2030-01-01T00:00:00Z',
  });

  store.addAgreement({ company: company('No Addition Corp'), type: types.backup });
  company('No Agreement AG');
  const mixed = billed('Several Products SA', 11);
  store.addAddition({ agreementId: mixed.id, product: products.machines, quantity: 3 });
  store.addAddition({ agreementId: mixed.id, product: products.silver, quantity: 8 });

  company('Deleted Customer', { name: '', deletedFlag: true });
  const inactive = store.companyStatuses.all().find(status => status.inactiveFlag)!;
  company('Inactive Customer', { name: '', status: { id: inactive.id, name: inactive.name } });
  for (let n = 1; n <= 1_100; n += 1) company(`Customer ${String(n).padStart(4, '0')}`);
}
