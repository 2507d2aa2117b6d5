import { inTurns } from '../pool.ts';
import type { Attack } from './attack.ts';
import { bodies } from './corpus/bodies.ts';
import { changes } from './http-world.ts';

const types = [
  '',
  'text/plain',
  'application/xml',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=a',
  'application/json; charset=utf-16',
  'application/json; charset=latin1',
  'application/vnd.api+json',
  'application/jsonp',
  '*/*',
  'application/json, text/plain',
  'json',

  'application/octet-stream',
  'a'.repeat(4_000),
];
const encodings = ['gzip', 'deflate', 'br', 'zstd', 'compress', 'gzip, gzip', 'identity, gzip', 'x'];

export const malformedBodies: Attack = async (world) => {
  const sample = world.size === 'full' ? bodies : bodies.filter((_, index) => index % 8 === 0);
  for (const { service, method, path, as } of changes) {
    await inTurns(sample, 8, async (body) => {
      const { status } = await world.ask(service, path, { method, as, body, json: true });
      if (status !== 400)
        world.fault(`${method} ${path} with ${Buffer.from(body).toString('latin1', 0, 80)}: ${status}`);
    });
    const asOther = [
      ...types.map((type) => ['content-type', type]),
      ...encodings.map((one) => ['content-type', 'application/json', 'content-encoding', one]),
    ];
    await inTurns(asOther, 8, async (headers) => {
      const { status } = await world.ask(service, path, { method, as, body: '{}', headers });
      const isTaken = method === 'PATCH' ? status < 300 : status < 400;
      if (isTaken || ![400, 415].includes(status))
        world.fault(`${method} ${path} as ${headers.join(' ').slice(0, 60)}: ${status}`);
    });
  }
  return `${sample.length} bodies, ${types.length + encodings.length} types and encodings × ${changes.length} routes`;
};
