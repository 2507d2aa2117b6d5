// For containers: exit code 0 if this process's role is ready. Needs no shell and no curl.
import { get } from 'node:http';

const { HOST, ADMIN_PORT: port } = process.env;
const host = HOST?.trim() || '0.0.0.0'; // where the role listens; as a target it is this machine, as `::` is
get({ host, port, path: '/readyz', timeout: 5_000 }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
