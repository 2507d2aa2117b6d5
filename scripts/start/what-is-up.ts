import { relative } from 'node:path';
import { repository } from '@mentor-sessions/local-stack/launch';
import type { Service } from '@mentor-sessions/local-stack/system';
import { signToken } from '@mentor-sessions/local-stack/tokens';
import { people } from '../walk/people.ts';
import { localFiles } from './local-files.ts';
import { describeStack } from './stack-file.ts';
import type { RunningStack } from './stack.ts';

const linesOf = (stack: RunningStack, service: Service): string[] => {
  const { url, adminUrls } = describeStack(stack)[service];
  return [
    `  ${service}`,
    `    docs     ${url}/docs`,
    `    openapi  ${url}/openapi.json`,
    `    messages ${url}/messages`,
    ...Object.entries(adminUrls).map(([role, admin]) => `    ${role.padEnd(8)} ${admin}/metrics  ${admin}/readyz`),
  ];
};

/** The token is in the fragment: it stays in the browser. */
const consoleLink = async ({ consoleUrl, signing }: RunningStack): Promise<string> =>
  `${consoleUrl}#token=${await signToken(signing, people.operator)}`;

/** URLs, and two tokens to paste. */
export const sayWhatIsUp = async (stack: RunningStack): Promise<void> => {
  const tokens = {
    mentor: await signToken(stack.signing, people.mentor),
    mentee: await signToken(stack.signing, people.mentee),
  };
  const lines = [
    '',
    'Up until Ctrl-C:',
    ...linesOf(stack, 'bookings'),
    ...linesOf(stack, 'sessions'),
    '  operators',
    `    console  ${await consoleLink(stack)}`,
    '    terminal npm run ops -- status',
    '    events   npm run walk -- 5 --until completed',
    '',
    'Tokens for an hour (more: npm run -s token -- --user <uuid> --roles mentor,mentee --mentor-profile <uuid>):',
    '',
    `MENTOR='Bearer ${tokens.mentor}'`,
    '',
    `MENTEE='Bearer ${tokens.mentee}'`,
    '',
    `Try: curl -H "Authorization: $MENTEE" ${describeStack(stack).sessions.url}/sessions`,
    `Logs: ${relative(repository, localFiles.logs)}/`,
  ];
  console.log(lines.join('\n'));
};
