import odd from './fixtures/odd-ids.json' with { type: 'json' };

/** Malformed ids as they appear in a path. `good`: one that exists. */
export const oddIds = (good: string): string[] => {
  const bare = good.replaceAll('-', '');
  const unknown = Array.from({ length: 20 }, () => crypto.randomUUID());
  return [
    ...odd.fixed,
    ...odd.around.map((text) => text.replaceAll('GOOD', good)),
    good.slice(1),
    good.slice(0, -1),
    bare,
    bare.toUpperCase(),
    `${bare}==`,
    Buffer.from(bare, 'hex').toString('base64url'),
    good.replace('-', '_'),
    good.replaceAll('-', '%2d%2d'),
    good.replace(/.$/, 'g'),
    good.replace(/^./, '%ef%bc%90'),
    good.replace(/^./, '%d9%a3'),
    good.replaceAll('-', ':'),
    good.replaceAll('-', '%e2%80%90'),
    'a'.repeat(255),
    'a'.repeat(4_000),
    '%41'.repeat(1_000),
    ...unknown,
    ...unknown.map((id) => id.toUpperCase()),
  ];
};
