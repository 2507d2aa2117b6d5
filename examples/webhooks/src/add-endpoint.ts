import pg from 'pg';
import { newSecret } from './signature.ts';

const [url = ''] = process.argv.slice(2);
if (!URL.canParse(url)) {
  console.error('usage: node src/add-endpoint.ts https://example.org/hook');
  process.exit(2);
}
const app = new pg.Client({ connectionString: process.env['DATABASE_URL'] });
await app.connect();
const secret = newSecret();
await app.query('insert into webhook_endpoints (url, secret) values ($1, $2)', [url, secret]);
await app.end();
console.log(secret);
