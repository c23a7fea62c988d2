import { ApiError, invalid } from './api-error.js';
import { model, validateValue } from './schema.js';

interface Operation {
  op: string;
  path: string;
  value?: unknown;
}

/** Members that a PATCH of an addition or a ticket cannot write (our inference from the field tables). */
const readOnly = new Set([
  'id',
  '_info',
  'billedQuantity',
  'extPrice',
  'extCost',
  'margin',
  'agreementId',
  'closedFlag',
  'closedDate',
  'closedBy',
]);

/** Texts that only a new ticket accepts (developer guide). */
const createOnly = new Set(['initialDescription', 'initialInternalAnalysis', 'initialResolution']);

/**
 * A PATCH validates the whole stored record, so a record with an invalid field rejects every change, also of other fields
 * (seen in client code).
 */
export function checkWhole(resource: string, modelName: string, record: Record<string, unknown>): void {
  const schema = model(modelName);
  for (const [name, value] of Object.entries(record)) {
    const field = schema[name];
    if (field && value !== null && value !== undefined) validateValue(resource, name, field, value);
  }
}

/**
 * Reads ConnectWise's kind of PATCH: bare, case-sensitive member names and whole values. A leading slash is accepted
 * (seen in client code). A path into an object answers 200 without any effect (developer guide), unless the option
 * applies it (seen in other clients).
 */
export function readPatch(
  resource: string,
  modelName: string,
  body: unknown,
  subPaths: 'ignored' | 'applied',
): Record<string, unknown> {
  if (!Array.isArray(body))
    throw invalid(resource, { code: 'InvalidObject', message: 'A list of operations was expected.' });
  const changes: Record<string, unknown> = {};
  for (const { op, path, value } of body as Operation[]) {
    if (!['add', 'replace', 'remove'].includes(op)) {
      throw invalid(resource, {
        code: 'InvalidOperation',
        message: `${op} is not a valid operation.`,
        field: path,
      });
    }
    const [member, ...rest] = String(path).replace(/^\//, '').split('/') as [string, ...string[]];
    const field = model(modelName)[member];
    if (!field) {
      throw new ApiError(400, {
        code: 'InvalidObject',
        message: `The target location specified by path segment '${member}' was not found.`,
        errors: null,
      });
    }
    if (readOnly.has(member)) {
      throw invalid(resource, {
        code: 'ReadOnly',
        message: `The field ${member} can not be changed.`,
        field: member,
      });
    }
    if (createOnly.has(member)) {
      throw invalid(resource, {
        code: 'InvalidObject',
        message: `${member} can only be used when creating a new ${resource}.`,
        field: member,
      });
    }
    if (rest.length > 0) {
      if (subPaths === 'applied') changes[member] = { [rest[0]!]: value };
      continue;
    }
    if (op === 'remove') {
      changes[member] = undefined;
      continue;
    }
    validateValue(resource, member, field, value);
    if (
      field.type === 'string' &&
      'format' in field &&
      field.format === 'date-time' &&
      /^\d{4}-\d{2}-\d{2}$/.test(String(value))
    ) {
      throw new ApiError(400, {
        code: 'UnsupportedFormat',
        message: `${member} must be a date and time such as 2026-01-31T00:00:00Z.`,
        errors: null,
      });
    }
    changes[member] = value;
  }
  return changes;
}
