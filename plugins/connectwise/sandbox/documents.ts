import { ApiError, invalid, notFound } from './api-error.js';
import type { StoredDocument } from './store.js';
import type { Writing } from './tickets.js';

const unsupported = new ApiError(415, {
  code: 'UnsupportedMediaType',
  message: 'The request entity’s media type is not supported for this resource. Send multipart/form-data.',
  errors: null,
});

/** Stores an uploaded file. Rejects JSON with 415, as the developer guide says. */
export function createDocument({ store, credential, now }: Writing, body: unknown): object {
  if (!(body instanceof UploadedForm)) throw unsupported;
  const { fields, file } = body;
  const recordType = fields.get('recordtype');
  const recordId = Number(fields.get('recordid'));
  const missing = [
    ...(recordType ? [] : ['recordType']),
    ...(Number.isInteger(recordId) ? [] : ['recordId']),
    ...(file || fields.get('url') ? [] : ['file']),
  ];
  if (missing.length > 0) {
    throw invalid(
      'document',
      ...missing.map(field => ({ code: 'MissingRequiredField', message: `${field} is required.`, field })),
    );
  }
  if (recordType === 'Ticket' && !store.tickets.get(recordId)) throw notFound(`Ticket ${recordId}`);
  const document = store.documents.add({
    title: fields.get('title') ?? file?.name ?? fields.get('url')!,
    fileName: file?.name ?? fields.get('url')!,
    owner: credential.user,
    linkFlag: !file,
    urlFlag: !file,
    imageFlag: /\.(png|jpe?g|gif)$/i.test(file?.name ?? ''),
    publicFlag: fields.get('privateflag')?.toLowerCase() !== 'true',
    readOnlyFlag: fields.get('readonlyflay')?.toLowerCase() === 'true',
    size: file?.content.length ?? 0,
    recordType: recordType!,
    recordId,
    content: file?.content ?? Buffer.alloc(0),
    _info: { lastUpdated: now, updatedBy: credential.user, enteredBy: credential.user },
  });
  return withoutContent(document);
}

/** A document as the API shows it. The record that it is attached to is a query parameter, and is not shown. */
export function withoutContent({ content, recordType, recordId, ...shown }: StoredDocument) {
  return shown;
}

/** A multipart body, with field names in lower case: ConnectWise accepts any case. */
export class UploadedForm {
  private constructor(
    readonly fields: ReadonlyMap<string, string>,
    readonly file: { name: string; content: Buffer } | undefined,
  ) {}

  static async read(body: Buffer, contentType: string): Promise<UploadedForm> {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } })
      .formData()
      .catch(() => {
        throw unsupported;
      });
    const fields = new Map<string, string>();
    let file: { name: string; content: Buffer } | undefined;
    for (const [name, value] of form) {
      if (typeof value === 'string') fields.set(name.toLowerCase(), value);
      else file = { name: value.name, content: Buffer.from(await value.arrayBuffer()) };
    }
    return new UploadedForm(fields, file);
  }
}
