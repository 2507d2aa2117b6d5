import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { aMessage } from '../../e2e/a-message.ts';
import { openWire } from '../../e2e/wire.ts';
import { isReady } from './dba.ts';
import { countOf, expectWithin, seconds, untilNextSession } from './steps.ts';

const consumerIsReady = (world: FaultWorld): Promise<boolean> => isReady(world.role('sessions consumer'));

type Outage = { readonly id: string; readonly name: string; readonly harm: string; readonly repair: string };

/** Longer than the 6.1 s in which a message whose handler fails is tried four times. */
const LASTS_S = 9;

const outage = ({ id, name, harm, repair }: Outage): Fault => ({
  id,
  name,
  promise: 'messages wait, the consumer is not ready, no dead letter; recovers',
  how: `${harm.split('\n')[0]}, undone after ${LASTS_S} s under load`,
  setting: () => ({ load: { perSecond: 30 } }),
  run: async (world) => {
    const letters = (): Promise<number> => countOf(world, 'sessions', 'dead_letters');
    await world.workload.more(60);
    await world.rows.sessions.query(harm);
    try {
      await expectWithin(world, 20_000, 'the consumer is not ready', async () => !(await consumerIsReady(world)));
      await seconds(LASTS_S);
      world.expect((await letters()) === 0, 'no message is to blame', await letters());
    } finally {
      await world.rows.sessions.query(repair);
    }
    const resumed = await untilNextSession(world);
    await expectWithin(world, 20_000, 'the consumer is ready again', () => consumerIsReady(world));
    return `no dead letter; the next session ${resumed} ms after the end of it`;
  },
});

const outages: readonly Fault[] = [
  {
    id: 'F48',
    name: 'the database refuses every message: a privilege is revoked',
    harm: 'revoke insert on sessions from sessions_app',
    repair: 'grant insert on sessions to sessions_app',
  },
  {
    id: 'F48 relation',
    name: 'a relation is missing',
    harm: 'alter table accepted_bookings rename to gone',
    repair: 'alter table gone rename to accepted_bookings',
  },
  {
    id: 'F48 internal',
    name: 'an internal error (XX000)',
    harm: `create function breaks() returns trigger language plpgsql as $$ begin raise exception 'broken' using errcode = 'XX000'; end $$;
create trigger breaks before insert on accepted_bookings for each row execute function breaks()`,
    repair: 'drop trigger breaks on accepted_bookings; drop function breaks()',
  },
].map(outage);

/** An error that depends on the content; all other messages are handled. */
const codes = ['54000', '54001', 'XX000', 'P0001', '0A000', '22P05', '23514', '42501'];

const refusedContent: Fault = {
  id: 'F48 content',
  name: 'it refuses some messages for their content',
  promise: 'each is retried alone and kept as handler-failed; others continue',
  how: `a trigger raises ${codes.join(', ')} for messages with that word in their notes, among those of the load`,
  setting: () => ({ load: { perSecond: 30 } }),
  run: async (world) => {
    const { sessions } = world.rows;
    await sessions.query(`create function refuses() returns trigger language plpgsql as $$ begin
      if new.notes like 'refused %' then raise exception 'content' using errcode = split_part(new.notes, ' ', 2); end if;
      return new; end $$`);
    await sessions.query('create trigger refuses before insert on sessions for each row execute function refuses()');
    const wire = await openWire(world.stack.amqpUrl);
    let ready = true;
    for (const code of codes) {
      const message = aMessage({ notes: `refused ${code}` });
      world.doings.poisoned.set(message.id, ['handler-failed']);
      await wire.publish(message, { headers: { 'x-hostile': 1 } });
      await world.workload.more(10);
      ready &&= await consumerIsReady(world);
    }
    await wire.close();
    const kept = () => countOf(world, 'sessions', "dead_letters where reason = 'handler-failed'");
    await expectWithin(world, 30_000, 'each is kept', async () => (await kept()) === codes.length, kept);
    world.expect(ready && (await consumerIsReady(world)), 'the consumer is ready throughout');
    return `${await kept()} of ${codes.length} kept, the others handled`;
  },
};

export const databaseFaults: readonly Fault[] = [...outages, refusedContent];
