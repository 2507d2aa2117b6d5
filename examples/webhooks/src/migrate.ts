import pg from 'pg';
import { webhooksSchema } from './schema.ts';

const owner = new pg.Client({ connectionString: process.env['ADMIN_DATABASE_URL'] });
await owner.connect();
for (const statement of webhooksSchema) await owner.query(statement);
await owner.end();
