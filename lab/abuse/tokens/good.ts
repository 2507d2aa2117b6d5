import { verdict } from '../part.ts';
import type { Verdict } from '../part.ts';
import { send } from '../send.ts';
import type { TokenWorld } from './door.ts';

/** What must pass, or the refusals would show nothing. */
export const goodOnes = async ({ doors, issuer }: TokenWorld): Promise<Verdict> => {
  const { token, keys } = issuer;
  const { aud } = issuer.good();
  const good: Record<string, string> = {
    EdDSA: token(),
    ES256: token({}, {}, keys.ES256),
    RS256: token({}, {}, keys.RS256),
    'typ at+jwt': token({}, { typ: 'at+jwt' }),
    'no typ': token({}, { typ: undefined }),
    'several audiences': token({ aud: ['billing', aud] }),
    'an unknown role beside others': token({ roles: ['mentee', 'wizard'] }),
    'no roles': token({ roles: undefined }),
    'further claims': token({ scope: 'x', email: 'a@example.com', __proto__: 1, admin: true }),
    'a life of a day': token({ exp: Number(issuer.good()['iat']) + 86_400 }),
    'almost 8 KB': token({ padding: 'x'.repeat(5_500) }),
  };
  const faults: string[] = [];
  for (const { service, url } of doors)
    for (const [name, value] of Object.entries(good)) {
      const { status } = await send(url, `/${service}`, { headers: ['authorization', `Bearer ${value}`] });
      if (status !== 200) faults.push(`${name} at ${service}: ${status}`);
    }
  return verdict('good tokens pass', `${Object.keys(good).length} × ${doors.length} accepted`, faults);
};
