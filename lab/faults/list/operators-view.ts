import { randomUUID } from 'node:crypto';
import { people } from '@mentor-sessions/lab/people';
import { openWire } from '../../e2e/wire.ts';
import type { Fault } from '../fault.ts';
import type { Random } from '../random.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import sequences from './fixtures/terminal-sequences.json' with { type: 'json' };
import { expectWithin, until } from './steps.ts';

/** Malformed messages with `text` in every field that a sender controls, registered with the checker. */
const publishMalformed = async (world: FaultWorld, texts: readonly string[]): Promise<void> => {
  const wire = await openWire(world.stack.amqpUrl);
  for (const text of texts) {
    const messageId = `${text}${randomUUID()}`;
    world.doings.poisoned.set(messageId, ['malformed']);
    await wire.publish(Buffer.from(`{${text}`), { messageId, type: text, headers: { 'x-hostile': 1, text } });
  }
  await wire.close();
};

const letters = async (world: FaultWorld): Promise<readonly { readonly id: string }[]> =>
  JSON.parse((await world.ops('dead-letters', 'list', '--each', '--json')).out) as { id: string }[];

// eslint-disable-next-line no-control-regex
const obeyed = /[\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
const hostileText = (random: Random): string =>
  Array.from({ length: 5 }, () => random.pick(sequences)).join(random.pick(['', 'x']));

const terminal: Fault = {
  id: 'F53',
  name: 'messages with terminal escape sequences',
  promise: 'text and JSON output are escaped',
  how: '30 malformed messages with terminal sequences, C1 controls, bidirectional and invisible characters in id, type, header and body; every view of the command line',
  setting: () => ({ load: { perSecond: 10, bookings: 100 } }),
  run: async (world) => {
    const random = world.random.fork('text');
    await publishMalformed(
      world,
      Array.from({ length: 30 }, () => hostileText(random)),
    );
    const kept = async () => (await letters(world)).length;
    await expectWithin(world, 60_000, 'each is kept', async () => (await kept()) >= 30, kept);
    const shown = (await letters(world)).slice(0, 4).map(({ id }) => ['dead-letters', 'show', id]);
    const views = [
      ['status'],
      ['dead-letters', 'list'],
      ['dead-letters', 'list', '--each'],
      ...shown,
      ['workers', 'list'],
    ];
    for (const view of views)
      for (const mode of ['--text', '--json']) {
        const { out, err } = await world.ops(...view, mode);
        const witness = obeyed.exec(out + err)?.[0];
        world.expect(witness === undefined, `${view.join(' ')} ${mode} is escaped`, witness && JSON.stringify(witness));
        if (mode === '--json') JSON.parse(out);
      }
    return `${views.length} views of 30 hostile messages, nothing that a terminal obeys`;
  },
};

const group: Fault = {
  id: 'F53 group',
  name: 'a group of dead letters grows before the operator acts',
  promise: 'refused if the group has changed; later messages are not touched',
  how: '20 malformed messages; a discard with another count, queue or reason; then 20 more, and the discard of the 20 that were shown',
  setting: () => ({ load: { perSecond: 10, bookings: 100 } }),
  run: async (world) => {
    const running = await world.startConsole();
    const authorization = `Bearer ${await world.stack.token(people['an operator'])}`;
    const discard = async (body: object) => {
      const init = { method: 'POST', headers: { authorization, 'content-type': 'application/json' } };
      const answer = await fetch(`${running.url}api/dead-letters/discard`, { ...init, body: JSON.stringify(body) });
      return { status: answer.status, count: ((await answer.json()) as { count?: number }).count };
    };
    try {
      await publishMalformed(world, Array<string>(20).fill(''));
      await until(async () => (await letters(world)).length === 20, 60_000);
      const [seen] = JSON.parse((await world.ops('dead-letters', 'list', '--json')).out) as Record<string, unknown>[];
      const { service, queue, reason, fingerprint, count, countedAt } = seen!;
      const shown = { service, queue, reason, fingerprint, count, until: countedAt, because: 'a fault' };
      for (const other of [{ count: 19 }, { count: 21 }, { queue: 'another' }, { reason: 'another' }]) {
        const { status } = await discard({ ...shown, ...other });
        world.expect(status === 409, 'an act on something else than was shown is refused', { other, status });
      }
      await publishMalformed(world, Array<string>(20).fill(''));
      await until(async () => (await letters(world)).length === 40, 60_000);
      const byGroup = ['--group', String(fingerprint), '--count', '20', '--yes', '--because', 'a fault'];
      const { code } = await world.ops('dead-letters', 'discard', ...byGroup);
      world.expect(code === 2, 'the command line refuses a group that has grown', code);
      const done = await discard(shown);
      world.expect(done.count === 20, 'the 20 that were shown are discarded', done);
      const left = (await letters(world)).length;
      world.expect(left === 20, 'what came since is left alone', left);
      return 'four acts on something else refused; 20 of 40 discarded';
    } finally {
      await running.end();
    }
  },
};

const token: Fault = {
  id: 'F53 token',
  name: 'a console open when its token expires',
  promise: "the console's stream ends with its token",
  how: 'a stream under a token of 8 s, while people book',
  setting: () => ({ load: { perSecond: 10, bookings: 100 } }),
  run: async (world) => {
    const running = await world.startConsole();
    try {
      const authorization = `Bearer ${await world.stack.token({ ...people['an operator'], expiresIn: 8 })}`;
      const stream = await fetch(`${running.url}api/events`, { headers: { authorization } });
      let ended = false;
      const reading = stream.text().then(
        () => (ended = true),
        () => (ended = true),
      );
      const hasEnded = () => ended;
      await expectWithin(world, 40_000, 'the stream ends', hasEnded, () => stream.status);
      await running.end();
      await reading;
      return 'the stream ended';
    } finally {
      await running.end();
    }
  },
};

export const operatorsView: readonly Fault[] = [terminal, group, token];
