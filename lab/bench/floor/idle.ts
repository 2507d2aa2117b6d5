/**
 * What any role needs when idle: an HTTP listener, a connection that listens for notifications and beats every 5 s, a
 * pool with one connection; workers also a broker connection with heartbeats, relays a poll every 2 s.
 */
import { createServer } from 'node:http';
import { connect } from 'amqplib';
import pg from 'pg';

const { DATABASE_URL, AMQP_URL, PORT, ROLE = 'api' } = process.env;

const listener = new pg.Client({ connectionString: DATABASE_URL });
await listener.connect();
await listener.query('listen operations; listen outbox');
setInterval(() => void listener.query('select now()'), 5_000);

const pool = new pg.Pool({ connectionString: DATABASE_URL, idleTimeoutMillis: 60_000 });
await pool.query('select 1');
const poll = { name: 'poll', text: 'select 1 from outbox limit 1' };
if (ROLE === 'relay') setInterval(() => void pool.query(poll), 2_000);

if (ROLE !== 'api') {
  const broker = await connect(`${AMQP_URL}?heartbeat=8`, { noDelay: true });
  await broker.createChannel();
}
const server = createServer((_, response) => void response.end());
server.listen(Number(PORT), '127.0.0.1', () => console.log('ready'));
