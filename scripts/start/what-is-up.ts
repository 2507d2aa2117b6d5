import { relative } from 'node:path';
import { repository } from '@mentor-sessions/local-stack/launch';
import type { Service } from '@mentor-sessions/local-stack/system';
import { people } from '../walk/people.ts';
import { localFiles } from './local-files.ts';
import { describeStack } from './stack-file.ts';
import type { RunningStack } from './stack.ts';

const linesOf = (running: RunningStack, service: Service): string[] => {
  const { url, adminUrls } = describeStack(running)[service];
  return [
    `  ${service}`,
    `    docs     ${url}/docs`,
    `    openapi  ${url}/openapi.json`,
    `    messages ${url}/messages`,
    ...Object.entries(adminUrls).map(([role, admin]) => `    ${role.padEnd(8)} ${admin}/metrics  ${admin}/readyz`),
  ];
};

/** URLs, and tokens to paste. That of the console is in the fragment: it stays in the browser. */
export const sayWhatIsUp = async (running: RunningStack): Promise<void> => {
  const { token } = running.stack;
  const signed = [token(people.mentor), token(people.mentee), token(people.operator)] as const;
  const [mentor, mentee, operator] = await Promise.all(signed);
  const lines = [
    '',
    'Up until Ctrl-C:',
    ...linesOf(running, 'bookings'),
    ...linesOf(running, 'sessions'),
    '  operators',
    `    console  ${running.consoleUrl}#token=${operator}`,
    '    terminal npm run ops -- status',
    '    events   npm run walk -- 5 --until completed',
    '',
    'Tokens for an hour (more: npm run -s token -- --user <uuid> --roles mentor,mentee --mentor-profile <uuid>):',
    '',
    `MENTOR='Bearer ${mentor}'`,
    '',
    `MENTEE='Bearer ${mentee}'`,
    '',
    `Try: curl -H "Authorization: $MENTEE" ${describeStack(running).sessions.url}/sessions`,
    `Logs: ${relative(repository, localFiles.logs)}/`,
  ];
  console.log(lines.join('\n'));
};
