import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Ends a command that was called wrongly: one sentence, exit code 2. */
export const refuse = (sentence: string): never => {
  console.error(`${sentence}; --help shows what there is`);
  process.exit(2);
};

/** The options of a command; `--help` prints its usage, and what it does not know ends it. */
export const readArguments = <const O extends Options>(usage: string, options: O) => {
  const known: Options = { ...options, help: { type: 'boolean', short: 'h' } };
  try {
    const { values } = parseArgs({ options: known });
    if (!values['help']) return values as ReturnType<typeof parseArgs<{ options: O }>>['values'];
  } catch (error) {
    return refuse((error as Error).message.split(/\. |\n/)[0] ?? '');
  }
  console.log(usage.trim());
  process.exit();
};

/** A whole number from 0 on. */
export const count = (option: string, value: string): number =>
  /^\d{1,9}$/.test(value) ? Number(value) : refuse(`--${option} takes a number, not "${value}"`);

/** Names of a list that has them, separated by commas; undefined: all. */
export const chosen = (option: string, value: string | undefined, known: readonly string[]): string[] | undefined => {
  const names = value?.split(',');
  const unknown = names?.find((name) => !known.includes(name));
  return unknown === undefined ? names : refuse(`--${option} takes ${known.join(', ')}, not "${unknown}"`);
};
