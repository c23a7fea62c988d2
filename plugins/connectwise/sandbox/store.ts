import { Collection, type Stored } from './collection.js';

export interface Ref {
  id: number;
  name?: string;
  identifier?: string;
}

export interface Board extends Stored {
  name: string;
  inactiveFlag?: boolean;
  projectFlag?: boolean;
  location?: Ref;
  department?: Ref;
}
export interface BoardItem extends Stored {
  name: string;
  board: Ref;
  inactiveFlag?: boolean;
  defaultFlag?: boolean;
  typeAssociationIds?: number[];
}
export interface BoardStatus extends Stored {
  name: string;
  board: Ref;
  inactive?: boolean;
  closedStatus?: boolean;
  defaultFlag?: boolean;
  sortOrder?: number;
}
export interface Priority extends Stored {
  name: string;
  color?: string;
  sortOrder?: number;
  defaultFlag?: boolean;
}
export interface CompanyStatus extends Stored {
  name: string;
  defaultFlag?: boolean;
  inactiveFlag?: boolean;
}
export interface Company extends Stored {
  identifier: string;
  name: string;
  status?: Ref;
  types?: Ref[];
  city?: string;
  deletedFlag?: boolean;
}
export interface AgreementType extends Stored {
  name: string;
  inactiveFlag?: boolean;
}
export interface Agreement extends Stored {
  name: string;
  type: Ref;
  company: Ref;
  startDate?: string;
  endDate?: string;
  noEndingDateFlag?: boolean;
  cancelledFlag?: boolean;
  agreementStatus: 'Active' | 'Cancelled' | 'Expired' | 'Inactive';
  billStartDate?: string;
  nextInvoiceDate?: string;
  prorateFlag?: boolean;
  parentAgreement?: Ref;
  billingCycle?: Ref;
  periodType?: 'Current' | 'Future' | 'Both' | 'Undefined';
}
export interface CatalogItem extends Stored {
  identifier: string;
  description: string;
  productClass: 'Agreement' | 'Bundle' | 'Inventory' | 'NonInventory' | 'Service';
  price?: number;
  cost?: number;
  inactiveFlag?: boolean;
}
export interface Addition extends Stored {
  agreementId: number;
  product: Ref;
  quantity: number;
  lessIncluded?: number;
  unitPrice?: number;
  unitCost?: number;
  billCustomer: 'Billable' | 'DoNotBill' | 'NoCharge';
  effectiveDate?: string;
  cancelledDate?: string;
  description?: string;
}
/** One change of an addition, for the sandbox's page and tests; ConnectWise has an audit trail instead. */
export interface AdditionChange {
  additionId: number;
  field: string;
  before: unknown;
  after: unknown;
  at: string;
  by: string;
}
export interface ManagedDevicesIntegration extends Stored {
  name: string;
  solution: string;
  loginBy: 'Global' | 'Member';
  defaultBillingLevel: 'Detail' | 'Summary';
}
export interface CrossReference extends Stored {
  managedDevicesIntegration: Ref;
  vendorType?: string;
  vendorLevel?: string;
  agreementType?: Ref;
  product?: Ref;
  inactiveFlag?: boolean;
}
export interface Ticket extends Stored {
  summary: string;
  recordType: string;
  company: Ref;
  board: Ref;
  status: Ref;
  type?: Ref;
  subType?: Ref;
  item?: Ref;
  priority?: Ref;
  source?: Ref;
  externalXRef?: string;
  severity: string;
  impact: string;
  closedFlag: boolean;
  closedDate?: string;
  closedBy?: string;
  automaticEmailContactFlag?: boolean;
}
export interface Note extends Stored {
  ticketId: number;
  text: string;
  detailDescriptionFlag?: boolean;
  internalAnalysisFlag?: boolean;
  resolutionFlag?: boolean;
  dateCreated: string;
  createdBy: string;
}
export interface Member extends Stored {
  identifier: string;
  firstName: string;
  lastName: string;
  licenseClass: 'F' | 'A' | 'C' | 'X';
}

/** An uploaded file, or a link, attached to a record. */
export interface StoredDocument extends Stored {
  title: string;
  fileName: string;
  owner: string;
  linkFlag: boolean;
  urlFlag: boolean;
  imageFlag: boolean;
  publicFlag: boolean;
  readOnlyFlag: boolean;
  size: number;
  recordType: string;
  recordId: number;
  content: Buffer;
}
export interface Callback extends Stored {
  url: string;
  objectId: number;
  type: string;
  level: string;
  description?: string;
  inactiveFlag?: boolean;
}

/** The rights of security roles that the endpoints require. */
export const allRights = [
  'serviceTickets',
  'closeServiceTickets',
  'tableSetup',
  'companies',
  'agreements',
  'catalog',
  'management',
  'members',
  'documents',
] as const;
export type Right = (typeof allRights)[number];

export interface Credential {
  kind: 'keys' | 'integrator';
  user: string;
  secret: string;
  rights: Set<Right>;
  /** False: the login sees only the records that it created. */
  allRecords: boolean;
}

const lower = (text: string | undefined) => text?.toLowerCase();

/** The sandbox's data, in memory. */
export class SandboxStore {
  readonly companyId: string = 'company_f';
  readonly credentials: Credential[] = [];
  readonly boards = new Collection<Board>();
  readonly types = new Collection<BoardItem>(100);
  readonly subtypes = new Collection<BoardItem>(300);
  readonly items = new Collection<BoardItem>(500);
  readonly statuses = new Collection<BoardStatus>(600);
  readonly priorities = new Collection<Priority>();
  readonly sources = new Collection<Priority>();
  readonly companyStatuses = new Collection<CompanyStatus>();
  readonly companyTypes = new Collection<CompanyStatus>();
  readonly companies = new Collection<Company>(250)
    .index('identifier', row => lower(row.identifier))
    .index('name', row => lower(row.name));
  readonly agreementTypes = new Collection<AgreementType>();
  readonly agreements = new Collection<Agreement>(1_000).index('company/id', row => row.company.id);
  readonly catalog = new Collection<CatalogItem>(40);
  readonly additions = new Collection<Addition>(5_000).index('agreementid', row => row.agreementId);
  readonly additionChanges: AdditionChange[] = [];
  readonly integrations = new Collection<ManagedDevicesIntegration>();
  readonly crossReferences = new Collection<CrossReference>();
  readonly tickets = new Collection<Ticket>(10_001).index('externalxref', row => lower(row.externalXRef));
  readonly notes = new Collection<Note>().index('ticketid', row => row.ticketId);
  readonly members = new Collection<Member>();
  readonly documents = new Collection<StoredDocument>();
  readonly callbacks = new Collection<Callback>();

  // ------------------------------------------------------------ builders

  addCredential(credential: Partial<Credential> & { user: string; secret: string }): Credential {
    const complete: Credential = {
      kind: 'keys',
      allRecords: true,
      ...credential,
      rights: new Set(credential.rights ?? allRights),
    };
    this.credentials.push(complete);
    return complete;
  }

  revokeRight(user: string, right: Right): void {
    for (const credential of this.credentials) if (credential.user === user) credential.rights.delete(right);
  }

  grantRight(user: string, right: Right): void {
    for (const credential of this.credentials) if (credential.user === user) credential.rights.add(right);
  }

  addCompany(company: Partial<Company> & { name: string }): Company {
    const active = this.companyStatuses.all().find(status => status.defaultFlag);
    return this.companies.add({
      identifier: company.name.replace(/[^A-Za-z0-9]/g, '').slice(0, 25) || 'company',
      ...(active ? { status: { id: active.id, name: active.name } } : {}),
      deletedFlag: false,
      ...company,
    });
  }

  addAgreement(agreement: Partial<Agreement> & { company: Ref; type: Ref }): Agreement {
    const { name } = this.companies.get(agreement.company.id) ?? { name: 'a company' };
    return this.agreements.add({
      name: `Managed backup for ${name}`.slice(0, 100),
      agreementStatus: 'Active',
      startDate: '2025-01-01T00:00:00Z',
      noEndingDateFlag: true,
      cancelledFlag: false,
      billStartDate: '2025-01-01T00:00:00Z',
      prorateFlag: false,
      ...agreement,
      company: { ...agreement.company, name },
      type: { ...agreement.type, name: this.agreementTypes.get(agreement.type.id)?.name },
    });
  }

  addAddition(addition: Partial<Addition> & { agreementId: number; product: Ref }): Addition {
    const item = this.catalog.get(addition.product.id);
    return this.additions.add({
      quantity: 0,
      billCustomer: 'Billable',
      effectiveDate: '2025-01-01T00:00:00Z',
      unitPrice: item?.price ?? 0,
      unitCost: item?.cost ?? 0,
      description: item?.description,
      ...addition,
      product: { id: addition.product.id, identifier: item?.identifier },
    });
  }

  addCrossReference(reference: Partial<CrossReference> & { managedDevicesIntegration: Ref }): CrossReference {
    return this.crossReferences.add({ inactiveFlag: false, ...reference });
  }

  // ------------------------------------------------------------ for tests

  ticketsByReference(reference: string): Ticket[] {
    return this.tickets.lookup('externalxref', [reference]) ?? [];
  }

  /** All texts of a ticket: its description first, then its notes. */
  textsOf(ticketId: number): string[] {
    return (this.notes.lookup('ticketid', [ticketId]) ?? []).map(note => note.text);
  }

  /** The additions of a company's agreements, by the company's name. */
  additionsOfCompany(name: string): Addition[] {
    const company = this.companies.lookup('name', [name])?.[0];
    const agreements = company ? (this.agreements.lookup('company/id', [company.id]) ?? []) : [];
    return agreements.flatMap(agreement => this.additions.lookup('agreementid', [agreement.id]) ?? []);
  }

  changesOf(additionId: number): AdditionChange[] {
    return this.additionChanges.filter(change => change.additionId === additionId);
  }
}
