// What the checks must let pass, and what they must refuse and under which rule.

/** Each of these is as the house wants it. */
export const innocent: Record<string, string> = {
  'e2e/walk.test.ts': `import { host } from '@mentor-sessions/local-stack/ports';\n\nconsole.log(host);\n`,
  'examples/notifications/src/main.ts': `import { bookingAccepted } from '@mentor-sessions/contracts';\nimport { open } from '@mentor-sessions/messaging';\n\nconsole.log(bookingAccepted, await open(), process.env['AMQP_URL']);\n`,
  'deploy/compose/identity.ts': `import { host } from '@mentor-sessions/local-stack/ports';\n\nconsole.log(host);\n`,
  'faults/run.ts': `import { host } from '@mentor-sessions/local-stack/ports';\n\nconsole.log(host);\n`,
  'abuse/run.ts': `import { host } from '@mentor-sessions/local-stack/ports';\n\nconsole.log(host);\n`,
  'bench/run.ts': `import { host } from '@mentor-sessions/local-stack/ports';\n\nconsole.log(host);\n`,
  'libs/contracts/src/index.ts': `import { z } from 'zod';\n\nexport const bookingAccepted = z.object({ bookingId: z.uuid() });\n`,
  'libs/local-stack/src/ports.ts': `export const host: string = process.env['HOST'] ?? 'localhost';\n`,
  'libs/messaging/src/index.ts': `import { connect } from 'amqplib';\n\nexport const open = () => connect('amqp://localhost');\n`,
  'libs/messaging/test/relay.int.test.ts': `import { connect } from 'amqplib';\n\nawait connect('amqp://localhost');\n`,
  'libs/service-kit/src/errors.ts': `export class Conflict extends Error {}\n`,
  'ops/src/main.ts': `import { Conflict } from '@mentor-sessions/service-kit/errors';\n\nconsole.log(new Conflict());\n`,
  'scripts/start.ts': `import { host } from '@mentor-sessions/local-stack/ports';\n\nconsole.log(host);\n`,
  'services/bookings/src/config.ts': `export const port = Number(process.env['PORT']);\n`,
  'services/bookings/src/database/tables.ts': `import { whenAccepted } from '../domain/booking.ts';\n\nexport const accepted = whenAccepted(new Date());\n`,
  'services/bookings/src/domain/booking.ts': `import { Conflict } from '@mentor-sessions/service-kit/errors';

export const whenAccepted = (now: Date): Date => {
  if (now > new Date('2100-01-01')) throw new Conflict();
  return new Date(now);
};
`,
  'services/bookings/src/main.ts': `import { bookingAccepted } from '@mentor-sessions/contracts';
import { open } from '@mentor-sessions/messaging';
import { port } from './config.ts';
import { accepted } from './database/tables.ts';
import { called } from './domain/half-dead.ts';

const connection = await open();
if (!bookingAccepted.safeParse([port, accepted, called]).success) await connection.close();
`,
};

type Violation = { readonly of: string; readonly in: string; readonly source: string; readonly rule: string };

export const violations: Violation[] = [
  {
    of: 'a file that is not formatted',
    in: 'services/bookings/src/use-cases/unformatted.ts',
    source: `export const  ugly = "quotes"\n`,
    rule: '[warn]',
  },
  {
    of: 'a floating promise',
    in: 'libs/messaging/src/floating.ts',
    source: `const publish = async () => 1;\n\npublish();\n`,
    rule: '@typescript-eslint/no-floating-promises',
  },
  {
    of: 'a promise taken for a truth',
    in: 'libs/messaging/src/misused.ts',
    source: `const isOpen = async () => false;\n\nif (isOpen()) throw new Error('open');\n`,
    rule: '@typescript-eslint/no-misused-promises',
  },
  {
    of: 'an await of what is no promise',
    in: 'libs/messaging/src/awaited.ts',
    source: `await Math.abs(-1);\n`,
    rule: '@typescript-eslint/await-thenable',
  },
  {
    of: 'a switch that forgets a case',
    in: 'libs/messaging/src/forgetful.ts',
    source: `export const act = (outcome: 'ack' | 'park'): void => {\n  switch (outcome) {\n    case 'ack':\n      break;\n  }\n};\n`,
    rule: '@typescript-eslint/switch-exhaustiveness-check',
  },
  {
    of: 'a type imported as a value',
    in: 'libs/messaging/src/type-import.ts',
    source: `import { Channel } from 'amqplib';\n\nexport const close = (channel: Channel) => channel.close();\n`,
    rule: '@typescript-eslint/consistent-type-imports',
  },
  {
    of: 'an explicit any',
    in: 'libs/messaging/src/anything.ts',
    source: `export const anything = (value: any): boolean => value === 1;\n`,
    rule: '@typescript-eslint/no-explicit-any',
  },
  {
    of: 'a fourth parameter',
    in: 'libs/messaging/src/four.ts',
    source: `export const four = (a: number, b: number, c: number, d: number) => a + b + c + d;\n`,
    rule: 'max-params',
  },
  {
    of: 'a clock in the domain',
    in: 'services/bookings/src/domain/clock.ts',
    source: `export const now = () => new Date();\n`,
    rule: 'no-restricted-syntax',
  },
  {
    of: 'Date.now in a use case',
    in: 'services/sessions/src/use-cases/clock.ts',
    source: `export const now = () => Date.now();\n`,
    rule: 'no-restricted-syntax',
  },
  {
    of: 'a dice in the domain',
    in: 'services/bookings/src/domain/dice.ts',
    source: `export const chance = () => Math.random();\n`,
    rule: 'no-restricted-syntax',
  },
  {
    of: 'an id minted in a use case',
    in: 'services/bookings/src/use-cases/mint.ts',
    source: `import { randomUUID } from 'node:crypto';\n\nexport const mint = () => randomUUID();\n`,
    rule: 'no-restricted-syntax',
  },
  {
    of: 'the environment read outside config.ts',
    in: 'services/bookings/src/http/environment.ts',
    source: `export const port = process.env['PORT'];\n`,
    rule: 'no-restricted-properties',
  },
  {
    of: 'a test that is skipped',
    in: 'libs/messaging/src/skipped.test.ts',
    source: `import { test } from '@jest/globals';\n\ntest.skip('a relay publishes', () => undefined);\n`,
    rule: 'no-restricted-syntax',
  },
  {
    of: 'a type error',
    in: 'libs/messaging/src/mistyped.ts',
    source: `export const attempts: number = 'three';\n`,
    rule: 'error TS2322',
  },
  {
    of: 'an index taken as certain',
    in: 'libs/messaging/src/uncertain.ts',
    source: `export const first = (rows: number[]): number => rows[0];\n`,
    rule: 'error TS2322',
  },
  {
    of: 'an enum',
    in: 'libs/messaging/src/enumerated.ts',
    source: `export enum Outcome {\n  Ack,\n}\n`,
    rule: 'error TS1294',
  },
  {
    of: 'http importing the database',
    in: 'services/bookings/src/http/routes.ts',
    source: `import { accepted } from '../database/tables.ts';\n\nexport const routes = [accepted];\n`,
    rule: 'http-imports-neither-messaging-nor-database',
  },
  {
    of: 'http importing a mere type of the database',
    in: 'services/bookings/src/http/views.ts',
    source: `import type { accepted } from '../database/tables.ts';\n\nexport type View = typeof accepted;\n`,
    rule: 'http-imports-neither-messaging-nor-database',
  },
  {
    of: 'messaging importing http',
    in: 'services/bookings/src/messaging/subscriptions.ts',
    source: `import { routes } from '../http/routes.ts';\n\nexport const subscriptions = [routes];\n`,
    rule: 'messaging-imports-neither-http-nor-database',
  },
  {
    of: 'a use case importing a route',
    in: 'services/bookings/src/use-cases/accept-booking.ts',
    source: `import { routes } from '../http/routes.ts';\n\nexport const acceptBooking = () => routes;\n`,
    rule: 'use-cases-do-not-know-the-doors',
  },
  {
    of: 'a domain that imports more than contracts, errors and entities',
    in: 'services/bookings/src/domain/impure.ts',
    source: `import { open } from '@mentor-sessions/messaging';\n\nexport const impure = open;\n`,
    rule: 'domain-is-pure',
  },
  {
    of: 'a service importing the other',
    in: 'services/sessions/src/use-cases/nosy.ts',
    source: `import { whenAccepted } from '../../../bookings/src/domain/booking.ts';\n\nexport const nosy = whenAccepted;\n`,
    rule: 'services-never-import-each-other',
  },
  {
    of: 'amqplib outside libs/messaging',
    in: 'services/sessions/src/messaging/private-line.ts',
    source: `import { connect } from 'amqplib';\n\nexport const line = () => connect('amqp://localhost');\n`,
    rule: 'amqplib-only-in-messaging',
  },
  {
    of: 'the local stack in a service',
    in: 'services/sessions/src/database/stack.ts',
    source: `import { host } from '@mentor-sessions/local-stack/ports';\n\nexport const stack = host;\n`,
    rule: 'local-stack-only-in-tests-and-scripts',
  },
  {
    of: 'the API client importing a contract',
    in: 'libs/api-client/src/learned.ts',
    source: `import { bookingAccepted } from '@mentor-sessions/contracts';\n\nexport const learned = bookingAccepted;\n`,
    rule: 'api-client-knows-nothing-here',
  },
  {
    of: 'the service kit importing a contract',
    in: 'libs/service-kit/src/learned.ts',
    source: `import { bookingAccepted } from '@mentor-sessions/contracts';\n\nexport const learned = bookingAccepted;\n`,
    rule: 'service-kit-knows-nothing-here',
  },
  {
    of: 'messaging importing a contract',
    in: 'libs/messaging/src/learned.ts',
    source: `import { bookingAccepted } from '@mentor-sessions/contracts';\n\nexport const learned = bookingAccepted;\n`,
    rule: 'messaging-knows-only-the-service-kit',
  },
  {
    of: 'an example that uses what no stranger has',
    in: 'examples/notifications/src/learned.ts',
    source: `import { Conflict } from '@mentor-sessions/service-kit/errors';\n\nexport const learned = Conflict;\n`,
    rule: 'examples-know-what-strangers-know',
  },
  {
    of: "the operators' tool importing what is for development",
    in: 'ops/src/learned.ts',
    source: `import { host } from '@mentor-sessions/local-stack/ports';\n\nexport const learned = host;\n`,
    rule: 'ops-know-only-libs',
  },
  {
    of: 'contracts leaning on more than zod',
    in: 'libs/contracts/src/leaning.ts',
    source: `import { randomUUID } from 'node:crypto';\n\nexport const id = randomUUID;\n`,
    rule: 'contracts-know-only-zod',
  },
  {
    of: 'a circle',
    in: 'libs/messaging/src/circle.ts',
    source: `import { circle } from './circle.ts';\n\nexport const half = () => circle();\nexport const circle = (): unknown => half();\n`,
    rule: 'no-circular',
  },
  {
    of: 'an orphan',
    in: 'libs/messaging/src/orphan.ts',
    source: `export const alone = 1;\n`,
    rule: 'no-orphans',
  },
  {
    of: 'an import of what is not there',
    in: 'libs/messaging/src/lost.ts',
    source: `import { nothing } from './nowhere.ts';\n\nexport const lost: unknown = nothing;\n`,
    rule: 'no-unresolvable',
  },
  {
    of: 'an export that nobody imports',
    in: 'services/bookings/src/domain/half-dead.ts',
    source: `export const called = 1;\nexport const neverCalled = 2;\n`,
    rule: 'Unused exports',
  },
  {
    of: 'a file that nobody imports',
    in: 'libs/messaging/src/forgotten.ts',
    source: `export const forgotten = 1;\n`,
    rule: 'Unused files',
  },
  {
    of: 'a package that is not declared',
    in: 'libs/messaging/src/undeclared.ts',
    source: `import fc from 'fast-check';\n\nexport const undeclared = fc;\n`,
    rule: 'sources-import-declared-packages-only',
  },
];
