import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debianCommand } from '@mentor-sessions/lab/debian-command';
import { makePrivateDirectory } from '@mentor-sessions/lab/servers/private-directory';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { launch } from '@mentor-sessions/local-stack/launch';
import { loopback } from '@mentor-sessions/local-stack/ports';

export type ProxyKind = 'nginx' | 'haproxy';
/** Ports of the APIs by their names in the documents: bookings-1, bookings-2, sessions-1, sessions-2. */
export type Targets = Readonly<Record<string, { readonly port: number; readonly adminPort: number }>>;

const files = { nginx: 'nginx.conf', haproxy: 'haproxy.cfg' };

/** The documented configuration with this machine's addresses. */
const documented = (kind: ProxyKind, port: number, targets: Targets): string => {
  const text = readFileSync(new URL(`../../deploy/proxies/${files[kind]}`, import.meta.url), 'utf8');
  const here = text.replaceAll(
    /([a-z]+-\d):300\d( check port) 9000|([a-z]+-\d):300\d/g,
    (_, checked: string | undefined, check: string, name: string) => {
      const target = targets[checked ?? name]!;
      return `${loopback}:${target.port}${checked ? `${check} ${target.adminPort}` : ''}`;
    },
  );
  return here.replace(/(listen |bind :)8080/, `$1${port}`);
};

const commands = {
  nginx: (file: string) => ['-c', file, '-g', 'daemon off;'],
  haproxy: (file: string) => ['-db', '-f', file],
};

const whole = {
  nginx: (snippet: string, directory: string) => {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${directory}/${name};`,
    );
    const http = ['access_log off;', ...temporary, snippet].join('\n');
    return `pid ${directory}/pid;\nerror_log stderr;\nevents {}\nhttp {\n${http}\n}\n`;
  },
  haproxy: (snippet: string) => snippet,
};

/** Debian's proxy with the documented configuration. */
export const startProxy = async (kind: ProxyKind, port: number, targets: Targets) => {
  const file = await debianCommand(kind, kind === 'nginx' ? 'nginx-light' : kind);
  const directory = await makePrivateDirectory(kind);
  const configuration = join(directory.path, 'configuration');
  await writeFile(configuration, whole[kind](documented(kind, port, targets), directory.path));
  const child = await launch({ file, args: commands[kind](configuration), cwd: directory.path });
  const url = `http://${loopback}:${port}`;
  const check = async () => {
    if (child.hasExited()) return 'ended';
    return (await fetch(`${url}/mentoring/bookings-api/`)).ok && 'answers';
  };
  const outcome = await eventually(check, { within: 20_000, describe: `${kind} answers` });
  if (outcome === 'ended') throw new Error(`${kind} ended: ${child.log()}`);
  return {
    url,
    log: child.log,
    end: async () => {
      await child.end('SIGTERM', 5_000);
      await directory.remove();
    },
  };
};
