import { eventually } from '@mentor-sessions/local-stack/eventually';
import { verdict } from '../part.ts';
import type { Verdict } from '../part.ts';
import { send } from '../send.ts';
import { newKey } from './make.ts';
import type { Door, TokenWorld } from './door.ts';

const ask = async ({ service, url }: Door, token: string): Promise<number> =>
  (await send(url, `/${service}`, { headers: ['authorization', `Bearer ${token}`] })).status;

/** Both keys published, tokens of the old one all along; then the new one alone. */
export const rotation = async ({ doors, issuer }: TokenWorld): Promise<Verdict> => {
  const fresh = newKey('EdDSA');
  const old = issuer.keys.EdDSA;
  const faults: string[] = [];
  let served = 0;
  issuer.publish(old, fresh);
  const oldGoes = async (door: Door): Promise<void> => {
    const status = await ask(door, issuer.token());
    if (status === 200) served += 1;
    else faults.push(`a good token of the old key at ${door.service}: ${status}`);
  };
  for (const door of doors)
    await eventually(
      async () => {
        await oldGoes(door);
        return (await ask(door, issuer.token({}, {}, fresh))) === 200;
      },
      { within: 8_000, describe: `${door.service} takes tokens of the new key` },
    );
  issuer.publish(fresh);
  for (const door of doors)
    await eventually(
      async () => {
        await ask(door, issuer.token({}, { kid: crypto.randomUUID() }, fresh)); // makes it look again, after the cooldown
        if ((await ask(door, issuer.token({}, {}, fresh))) === 200) served += 1;
        else faults.push(`a good token of the new key at ${door.service} is refused`);
        return (await ask(door, issuer.token())) === 401;
      },
      { within: 8_000, every: 200, describe: `${door.service} takes no tokens of the old key any more` },
    );
  return verdict('keys rotate without an outage', `${served} good tokens served meanwhile, none refused`, faults);
};
