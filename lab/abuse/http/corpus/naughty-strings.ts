import naughty from './fixtures/naughty-strings.json' with { type: 'json' };

const long = [
  'a'.repeat(41),
  'a'.repeat(501),
  'a'.repeat(2_001),
  '👩'.repeat(1_001),
  'é'.repeat(2_000),
  ' '.repeat(3_000),
  '9'.repeat(400),
  '('.repeat(1_000),
  'a'.repeat(50_000),
];

/** As in the Big List of Naughty Strings (https://github.com/minimaxir/big-list-of-naughty-strings), for this system's components. */
export const naughtyStrings: readonly string[] = [...Object.values(naughty).flat(), ...long];
