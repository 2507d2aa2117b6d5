import pg from 'pg';
import { readSql } from '@mentor-sessions/messaging/sql';

const owner = new pg.Client({ connectionString: process.env['ADMIN_DATABASE_URL'] });
await owner.connect();
await owner.query(readSql(new URL('../sql/notifications.sql', import.meta.url)));
await owner.end();
