import { Readable, Writable } from 'node:stream';
import type { TestStack } from '@mentor-sessions/lab/test-stack';
import { run } from '../src/run.ts';

export type Ran = { readonly code: number; readonly out: string; readonly err: string };
export type Ops = (...args: string[]) => Promise<Ran>;

export const opsEnvironment = ({ bookings, sessions, operatorAmqpUrl }: TestStack) => ({
  BOOKINGS_OPERATOR_DATABASE_URL: bookings.operatorDatabaseUrl,
  SESSIONS_OPERATOR_DATABASE_URL: sessions.operatorDatabaseUrl,
  OPERATOR_AMQP_URL: operatorAmqpUrl,
  OPERATOR: 'olga',
  LOCAL_STACK_FOLDER: '/nowhere',
});

/** Runs the command line in this process, with a pipe as its output. */
export const opsWith =
  (env: Readonly<Record<string, string>>): Ops =>
  async (...args) => {
    const [out, err] = [collector(), collector()];
    const code = await run(args, { env, stdin: Readable.from([]), stdout: out.stream, stderr: err.stream });
    return { code, out: out.text(), err: err.text() };
  };

const collector = () => {
  const chunks: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream, text: () => chunks.join('') };
};

export const json = ({ out, err }: Ran) => {
  try {
    return JSON.parse(out);
  } catch {
    throw new Error(`no JSON: ${out}\n${err}`);
  }
};
