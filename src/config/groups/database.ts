import { passwordsInUrl } from '../../text/secrets-in-text.js';
import { mongodbUrl, postgresUrl, text } from '../parsers.js';
import { setting } from '../setting.js';

export const databaseSettings = {
  url: setting({
    name: 'DATABASE_URL',
    parser: postgresUrl,
    secret: passwordsInUrl,
    description:
      'PostgreSQL. Unset: an embedded server for trial and development, with its data in `DATA_DIR`',
  }),
  dataDir: setting({
    name: 'DATA_DIR',
    parser: text,
    default: '.data',
    description: 'the folder of the embedded database and of the secrets generated for it',
  }),
  mongodbUrl: setting({
    name: 'MONGODB_URL',
    parser: mongodbUrl,
    secret: passwordsInUrl,
    description: "keeps Agenda's jobs in MongoDB. Unset: in PostgreSQL",
  }),
};
