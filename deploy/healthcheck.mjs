// For containers: exit code 0 if this process's role is ready. Needs no shell and no curl.
import { get } from 'node:http';

const url = `http://127.0.0.1:${process.env.ADMIN_PORT}/readyz`;
get(url, { timeout: 5_000 }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
