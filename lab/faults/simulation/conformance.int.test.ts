import { connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { createDatabase, type Database } from '@mentor-sessions/service-kit/database';
import { randomOf } from '../random.ts';
import { createBroker } from './broker/broker.ts';
import { connectFor } from './broker/connect.ts';
import { scenarios as brokerScenarios, type Subject } from './broker/conformance.ts';
import { createPump } from './clock/pump.ts';
import { scenarios as storeScenarios } from './store/conformance.ts';
import { databaseOn } from './store/database.ts';
import { createPool } from './store/pool.ts';
import { createStore } from './store/store.ts';

let stack: TestStack;
let real: Database;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  stack = await createTestStack();
  const log = createLogger({ service: 'messaging', role: 'test', level: 'silent' });
  real = createDatabase({ url: stack.sessions.databaseUrl, applicationName: 'conformance', log });
});
afterAll(async () => {
  for (const connection of opened) await connection.close().catch(() => undefined);
  await real.close();
  await stack.close();
});

const random = randomOf('conformance');
const scheduler = createPump(random);
const simulatedConnect = connectFor({ broker: createBroker({ scheduler, random }), owner: null, links: new Set() });
const simulated = databaseOn(createPool({ store: createStore({ scheduler, random }), owner: null, links: new Set() }));

const brokers: Readonly<Record<string, Subject>> = {
  RabbitMQ: {
    connect: async (user) => {
      const connection = await connect(user ? stack[user].amqpUrl : stack.amqpUrl);
      opened.push(connection);
      return connection;
    },
  },
  'the simulated broker': {
    connect: (user = 'developer' as 'bookings') => simulatedConnect(`amqp://${user}@simulated`),
  },
};

describe.each(Object.keys(brokers))('%s', (name) => {
  test.each(Object.keys(brokerScenarios))('%s', async (scenario) => {
    const { run, expected } = brokerScenarios[scenario] as (typeof brokerScenarios)[string];
    expect(await run(brokers[name] as Subject)).toEqual(expected);
  });
});

describe.each(['PostgreSQL', 'the simulated store'])('%s', (name) => {
  test.each(Object.keys(storeScenarios))('%s', async (scenario) => {
    const { run, expected } = storeScenarios[scenario] as (typeof storeScenarios)[string];
    expect(await run(name === 'PostgreSQL' ? real : simulated)).toEqual(expected);
  });
});
