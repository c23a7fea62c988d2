import { ApiError, invalid } from './api-error.js';
import { badCondition } from './conditions.js';
import schemas from './schemas.json' with { type: 'json' };

export interface FieldSchema {
  type?: string;
  ref?: string;
  arrayOf?: string;
  enum?: string[];
  required?: boolean;
  max?: number;
}
export type ModelSchema = Record<string, FieldSchema>;

/** The published field tables (OpenAPI 2022.1): names, types, lengths, enums. */
const models: Record<string, ModelSchema> = schemas;

const named = { id: { type: 'number' }, name: { type: 'string', max: 50 } };
/** Models that the tables lack, with the fields that the sandbox uses. */
const others: Record<string, ModelSchema> = {
  CompanyStatus: { ...named, defaultFlag: { type: 'boolean' }, inactiveFlag: { type: 'boolean' } },
  Member: {
    id: { type: 'number' },
    identifier: { type: 'string', max: 15 },
    firstName: { type: 'string' },
    lastName: { type: 'string' },
    licenseClass: { enum: ['F', 'A', 'C', 'X'] },
  },
};

/** The 2022.1 tables lack "required" on every reference; these come from 2025.1. */
for (const [modelName, member] of [
  ['Ticket', 'company'],
  ['Addition', 'product'],
] as const) {
  models[modelName]![member]!.required = true;
}

export function model(name: string): ModelSchema {
  return models[name] ?? others[name] ?? {};
}

const folded = new Map<string, Map<string, string>>();

/** The member's real name: conditions ignore its case. */
function memberOf(modelName: string, name: string): string | undefined {
  let names = folded.get(modelName);
  if (!names) {
    names = new Map(Object.keys(model(modelName)).map(key => [key.toLowerCase(), key]));
    folded.set(modelName, names);
  }
  return names.get(name.toLowerCase());
}

/** Conditions and orderBy accept `lastUpdated` and `dateEntered`, which records have in `_info`. */
const inInfo = new Map([
  ['lastupdated', 'lastUpdated'],
  ['dateentered', 'dateEntered'],
]);

/** The path of a condition in real names. Throws ConnectWise's answer to an unknown name. */
export function resolvePath(
  modelName: string,
  path: string,
  arrays: 'refused' | 'allowed' = 'refused',
): string[] {
  const [head, ...rest] = path.split('/') as [string, ...string[]];
  const info = inInfo.get(head.toLowerCase());
  if (info && rest.length === 0 && !memberOf(modelName, head)) return ['_info', info];
  const member = memberOf(modelName, head);
  if (!member) throw badCondition(`${path} is not a recognized name.`);
  const field = model(modelName)[member]!;
  if (arrays === 'refused' && (field.arrayOf || field.type?.endsWith('[]')))
    throw badCondition(`${path} is not a recognized name.`);
  if (rest.length === 0) return [member];
  if (!field.ref) throw badCondition(`${path} is not a recognized name.`);
  return [member, ...resolvePath(field.ref, rest.join('/'))];
}

/** Checks the values that a condition compares a member with: an enum text must be one of its members. */
export function checkValues(modelName: string, path: string, values: readonly unknown[]): void {
  const [member, ...rest] = resolvePath(modelName, path) as [string, ...string[]];
  const field = model(modelName)[member];
  if (
    rest.length === 0 &&
    field?.enum &&
    values.some(value => value !== null && !field.enum!.includes(String(value)))
  ) {
    throw badCondition('Enum value supplied was invalid');
  }
  if (field?.type === 'boolean' && values.some(value => value !== null && typeof value !== 'boolean')) {
    throw badCondition(
      'Expected a boolean value, not a numeric. String should be surrounded by quotes, date times by brackets, and booleans True or False.',
    );
  }
}

/** Validates a record of a client: unknown members, wrong types, lengths, enums, and required members. */
export function validateBody(
  resource: string,
  modelName: string,
  body: Record<string, unknown>,
  extra: readonly string[] = [],
): void {
  const schema = model(modelName);
  for (const [name, value] of Object.entries(body)) {
    const field = schema[name];
    if (!field && !extra.includes(name)) {
      throw new ApiError(400, {
        code: 'InvalidObject',
        message: `Could not find member '${name}' on object of type '${modelName}'. Path '${name}'`,
        errors: null,
      });
    }
    if (field && value !== null) validateValue(resource, name, field, value);
  }
  const missing = Object.entries(schema).filter(([name, field]) => field.required && isEmpty(body[name]));
  if (missing.length > 0) {
    throw invalid(
      resource,
      ...missing.map(([name]) => ({
        code: 'MissingRequiredField',
        message: `${name} is required.`,
        field: name,
      })),
    );
  }
}

export function validateValue(resource: string, name: string, field: FieldSchema, value: unknown): void {
  const wrongType =
    (field.ref && (typeof value !== 'object' || Array.isArray(value))) ||
    (field.type === 'number' && typeof value !== 'number') ||
    (field.type === 'boolean' && typeof value !== 'boolean') ||
    ((field.type === 'string' || field.enum) && typeof value !== 'string');
  if (wrongType) {
    throw new ApiError(500, {
      code: 'ConnectWiseApi',
      message: `Error converting value ${JSON.stringify(value)} to type of '${name}'. Path '${name}'.`,
      errors: null,
    });
  }
  if (field.max !== undefined && typeof value === 'string' && value.length > field.max) {
    throw invalid(resource, {
      code: 'MaxLengthField',
      message: `The field ${name} must be a string with a maximum length of ${field.max}.`,
      field: name,
    });
  }
  if (field.enum && !field.enum.includes(value as string)) {
    throw invalid(resource, {
      code: 'InvalidEnum',
      message: `${String(value)} is not a valid ${name}.`,
      field: name,
    });
  }
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
