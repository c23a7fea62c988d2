export interface ErrorItem {
  code: string;
  message: string;
  resource?: string;
  field?: string;
}

export interface ErrorBody {
  code: string;
  message: string;
  errors: ErrorItem[] | null;
}

/** An error answer in ConnectWise's standard form. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(body.message);
  }
}

/** The 400 for an invalid record. */
export function invalid(resource: string, ...items: Omit<ErrorItem, 'resource'>[]): ApiError {
  return new ApiError(400, {
    code: 'InvalidObject',
    message: `${resource} object is invalid`,
    errors: items.map(item => ({ ...item, resource })),
  });
}

export function notFound(what: string): ApiError {
  return new ApiError(404, { code: 'NotFound', message: `${what} not found`, errors: null });
}

export function forbidden(): ApiError {
  return new ApiError(403, {
    code: 'Security',
    message: 'You do not have security permission to perform this action.',
    errors: null,
  });
}
