import { describe, expect, test } from '@jest/globals';
import { createLogger } from './log.ts';

const logged = (write: (log: ReturnType<typeof createLogger>) => void): string => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  write(createLogger({ service: 'bookings', role: 'api', level: 'debug', destination }));
  return lines.join('');
};

describe('the log', () => {
  test('names service, role and level', () => {
    const line: unknown = JSON.parse(logged((log) => log.info({ bookingId: 'b1' }, 'accepted')));
    expect(line).toMatchObject({ service: 'bookings', role: 'api', level: 'info', bookingId: 'b1', msg: 'accepted' });
  });

  test('redacts private fields at any depth, in child loggers too', () => {
    const secret = 'canary-7';
    const text = logged((log) => {
      log.info({ notes: secret, booking: { metadata: { a: secret }, people: [{ Email: secret }] } });
      log.child({ token: secret }).info({ headers: { Authorization: `Bearer ${secret}`, 'set-cookie': secret } });
    });
    expect(text).not.toContain(secret);
  });

  test('leaves the paths of a stack as they are, although they have an @ in them', () => {
    const err = new Error('broken');
    err.stack = 'Error: broken\n    at handle (file:///srv/node_modules/@mentor-sessions/messaging/dist/x.js:1:2)';
    const text = logged((log) => log.error({ err }));
    expect(text).toContain('(file:///srv/node_modules/@mentor-sessions/messaging/dist/x.js:1:2)');
  });

  test('redacts credentials of URLs and tokens anywhere', () => {
    const text = logged((log) => {
      log.error({ err: new Error('cannot reach amqp://app:p@ss:w"rd@host/v, postgres://u:hunter2@h/d') });
      log.info('sent eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl');
    });
    expect(text).not.toMatch(/p@ss|rd@|hunter2|eyJ/);
    expect(text).toContain('cannot reach amqp://[redacted]@');
  });

  test('tells of an error its type, stack and causes, but not the row that PostgreSQL quotes', () => {
    const cause = Object.assign(new Error('violates check'), { code: '23514', constraint: 'c1', detail: 'canary-8' });
    const text = logged((log) => log.error({ err: new TypeError('failed', { cause }) }, 'oh'));
    expect(JSON.parse(text)).toMatchObject({ err: { type: 'TypeError', cause: { code: '23514', constraint: 'c1' } } });
    expect(text).not.toContain('canary-8');
  });
});
