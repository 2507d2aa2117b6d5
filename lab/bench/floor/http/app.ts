import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import express from 'express';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import pg from 'pg';

const { DATABASE_URL, PORT, AUTH_ISSUER: issuer = '', AUTH_AUDIENCE: audience = '', AUTH_JWKS_FILE = '' } = process.env;

export const pool = new pg.Pool({ connectionString: DATABASE_URL });

const keys = createLocalJWKSet(JSON.parse(readFileSync(AUTH_JWKS_FILE, 'utf8')) as JSONWebKeySet);
const verified = new Map<string, JWTPayload>();

/** The claims of a valid token; undefined otherwise. Verified tokens are cached, as in our services. */
export const callerOf = async (authorization = ''): Promise<JWTPayload | undefined> => {
  const token = authorization.slice('Bearer '.length);
  const known = verified.get(token);
  if (known && Number(known.exp) * 1_000 > Date.now()) return known;
  try {
    const { payload } = await jwtVerify(token, keys, { issuer, audience });
    verified.set(token, payload);
    return payload;
  } catch {
    return undefined;
  }
};

/** Notifies after the commit, on another connection; calls during a notification share the next one. */
let [wanted, sending] = [false, false];
export const announce = async (): Promise<void> => {
  wanted = true;
  if (sending) return;
  sending = true;
  while (wanted) {
    wanted = false;
    await pool.query('notify outbox');
  }
  sending = false;
};

export const app = express();

export const listen = async (): Promise<void> => {
  const server = createServer({ keepAliveTimeout: 65_000 }, app); // as our services: idle connections are kept for a while
  await promisify((done: () => void) => server.listen(Number(PORT), '127.0.0.1', done))();
  console.log('ready');
};
