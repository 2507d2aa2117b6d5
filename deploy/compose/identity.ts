/**
 * For development: signs any token that is requested, and publishes the key with which the services verify it.
 *   curl 'localhost:3003/token?user=<uuid>&roles=mentor,mentee&mentor_profile=<uuid>&expires_in=1h'
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { newSigning, publicKeys, signToken } from '@mentor-sessions/local-stack/tokens';
import type { Signing } from '@mentor-sessions/local-stack/tokens';
import { keepSecret, required } from './secrets.ts';

const newKey = async (): Promise<Signing> => {
  const signing = await newSigning();
  await keepSecret('identity/signing-key.json', JSON.stringify(signing));
  return signing;
};

const kept = await readFile('/secrets/identity/signing-key.json', 'utf8').catch(() => undefined);
const key = kept === undefined ? await newKey() : (JSON.parse(kept) as Signing);
const signing: Signing = { ...key, issuer: required('AUTH_ISSUER'), audience: required('AUTH_AUDIENCE') };

const token = (asked: URLSearchParams): Promise<string> =>
  signToken(signing, {
    userId: asked.get('user') ?? randomUUID(),
    roles: (asked.get('roles') ?? '').split(',').filter(Boolean),
    mentorProfileId: asked.get('mentor_profile'),
    expiresIn: asked.get('expires_in') ?? '1h',
  });

const pages: Readonly<Record<string, (asked: URLSearchParams) => Promise<string>>> = {
  '/.well-known/jwks.json': async () => JSON.stringify(publicKeys(signing)),
  '/token': token,
  '/readyz': async () => 'ready',
};

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://identity');
  const page = pages[pathname];
  if (!page) return response.writeHead(404).end();
  page(searchParams).then(
    (text) => response.writeHead(200, { 'Cache-Control': 'no-store' }).end(`${text}\n`),
    (error: Error) => response.writeHead(400).end(`${error.message}\n`),
  );
});
server.listen(Number(required('ADMIN_PORT')));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
