/** What Spin prints before the steps that an endless run repeats. */
export const CYCLE = '<<<<<START OF CYCLE>>>>>';

/** The sentences of a trail, in words that need no parameters. */
export const sentencesOf = (trail: string, parameters: string): string[] => {
  const [before = '', cycle] = trail.split(CYCLE);
  if (cycle === undefined) return sentencesIn(before, parameters);
  // Spin goes round once for each process
  const repeated = new Set(sentencesIn(cycle, parameters));
  return [...sentencesIn(before, parameters), 'From here on, the same again and again.', ...repeated];
};

const sentencesIn = (trail: string, parameters: string): string[] =>
  trail
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^[A-Z].*\.$/.test(line))
    .map((line) => line.replaceAll(/#(\d+)/g, (_, row: string) => nameRow(Number(row), parameters)))
    .map((line) => line.replaceAll(/commands \{(\d+)\}/g, (_, set: string) => nameCommands(Number(set))));

const valueOf = (name: string, parameters: string): number =>
  Number(new RegExp(`\\b${name}=(\\d+)`).exec(parameters)?.[1] ?? 1);

const nameRow = (row: number, parameters: string): string => {
  const events = valueOf('EVENTS', parameters);
  if (row >= events * valueOf('AGGREGATES', parameters)) return 'the copy of event 1';
  const event = `event ${(row % events) + 1}`;
  return valueOf('AGGREGATES', parameters) === 1 ? event : `${event} of aggregate ${Math.floor(row / events)}`;
};

/** The numbers in a set: bit n stands for number n. */
const nameCommands = (set: number): string => {
  const numbers = Array.from({ length: 8 }, (_, n) => n).filter((n) => (set >> n) & 1);
  return numbers.length === 1 ? `command ${numbers[0]}` : `commands ${numbers.join(' and ')}`;
};
