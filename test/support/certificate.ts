import { generate } from 'selfsigned';

/** A self-signed certificate and its key (PEM), for this machine unless another name is given. */
export async function ownCertificate(name?: string): Promise<{ key: string; cert: string }> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [
      {
        name: 'subjectAltName',
        altNames: name
          ? [{ type: 2, value: name }]
          : [
              { type: 2, value: 'localhost' },
              { type: 7, ip: '127.0.0.1' },
            ],
      },
    ],
  });
  return { key: made.private, cert: made.cert };
}
