import { inTurns } from '../pool.ts';
import type { Attack } from './attack.ts';

const polluted = [
  'limit=1&limit=100',
  'limit=20&limit=20',
  'limit[]=1',
  'limit[$gt]=1',
  'limit=1,2',
  'limit=0',
  'limit=101',
  'limit=-1',
  'limit=1e2',
  'limit=%31%00',
  'limit= 1',
  'limit=1 ',
  'limit=+1',
  'limit=0x10',
  'limit=٣',
  'limit=999999999999999999999',
  'status=draft&status=scheduled',
  'status[]=draft',
  'status[0]=draft',
  'status[$ne]=draft',
  'status=',
  'as=',
  'as=admin',
  'as=mentor,mentee',
  'order=asc;drop',
  'order=random()',
  'order=ASC',
  'from=now()',
  'from=&to=',
  'cursor=',
  'cursor=AAAA',
  'cursor=e30',
  'cursor=bnVsbA',
  'cursor=W10',
  `cursor=${'A'.repeat(8_000)}`,
  'cursor=%00',
  'cursor=../..',
  'bookingId=*',
  'bookingId=',
  '__proto__=1',
  '__proto__[a]=1',
  'constructor[prototype][a]=1',
  'a.b.c=1',
  'a[b][c]=1',
  '[]=1',
  '=1',
  '=',
  '&&&=&',
  'limit',
  '%=1',
  '%zz=1',
  '%00=1',
  'limit=%zz',
  'sort=1',
  'offset=1',
  'page=2',
  'fields=*',
  'include=all',
  'filter=x',
  'q=x',
  'debug=true',
  'callback=x',
  'format=xml',
  '_method=DELETE',
  'menteeUserId=x',
  'userId=x',
  'select=*',
  'limit=1;status=x',
  '?limit=1',
  'limit=1?limit=2',
  'limit=1%26limit=2',
  'limit=1#&status=x',
];

// These say nothing at all, so nothing is refused; Node's client cuts a fragment off as browsers do.
const harmless = new Set(['&&&=&', 'limit=1#&status=x']);

export const queryPollution: Attack = async (world) => {
  const many = [
    ...polluted,
    `x=1${'&x=1'.repeat(3_000)}`,
    Array.from({ length: 1_500 }, (_, index) => `p${index}=1`).join('&'),
  ];
  for (const service of ['bookings', 'sessions'] as const)
    await inTurns(many, 8, async (query) => {
      for (const path of [`/${service}`, `/${service}/${crypto.randomUUID()}`]) {
        const { status } = await world.ask(
          service,
          `${path}?${query.replaceAll(' ', '%20').replaceAll('٣', '%D9%A3')}`,
          { as: 'mentee' },
        );
        if (status !== 400 && !harmless.has(query)) world.fault(`${path}?${query.slice(0, 60)}: ${status}`);
      }
    });
  return `${many.length} queries × 4 routes`;
};
