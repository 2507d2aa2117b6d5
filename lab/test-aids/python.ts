import { fromDebian } from './debian-command.ts';
import { run } from './run.ts';

/** Debian's Python: its packages do not work with another one on the PATH. */
const python = '/usr/bin/python3';

/** A Python with pika and jsonschema. */
export const pythonWithPika = (): Promise<string> =>
  fromDebian(['python3', 'python3-pika', 'python3-jsonschema'], () =>
    run(python, ['-c', 'import pika, jsonschema']).then(
      () => python,
      () => undefined,
    ),
  );
