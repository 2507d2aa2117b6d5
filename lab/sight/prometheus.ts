import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { debianCommand } from '@mentor-sessions/lab/debian-command';
import { launch } from '@mentor-sessions/local-stack/launch';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { freePort, loopback } from '@mentor-sessions/local-stack/ports';
import { everyRole } from '@mentor-sessions/local-stack/system';
import type { Roles } from './walk.ts';

type Sample = { readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string] };

const alertRules = fileURLToPath(new URL('../../deploy/prometheus/alerts.yml', import.meta.url));

/** The labels of deploy/prometheus/prometheus.yml, scraped every second. */
const configurationFor = (roles: Roles) => ({
  global: { scrape_interval: '1s', evaluation_interval: '1s' },
  rule_files: [alertRules],
  scrape_configs: everyRole.map((name) => {
    const [service, role] = name.split(' ');
    const targets = [new URL(roles[name].adminUrl).host];
    return { job_name: name.replace(' ', '-'), static_configs: [{ targets, labels: { service, role } }] };
  }),
});

/** Debian's Prometheus on a free port, with the project's alert rules, scraping these processes. */
export const startPrometheus = async (roles: Roles) => {
  const file = await debianCommand('prometheus', 'prometheus');
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-prometheus-'));
  const configuration = join(directory, 'prometheus.yml');
  await writeFile(configuration, JSON.stringify(configurationFor(roles))); // JSON is YAML
  const url = `http://${loopback}:${await freePort()}`;
  const child = await launch({
    file,
    args: [
      `--config.file=${configuration}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${new URL(url).host}`,
    ],
    cwd: directory,
    logFile: join(directory, 'log'),
  });
  await eventually(async () => (await fetch(`${url}/-/ready`)).ok, { describe: 'Prometheus is ready' });
  return {
    query: async (expression: string): Promise<Sample[]> => {
      const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expression }).toString()}`);
      const { error, data } = (await answer.json()) as { error?: string; data: { result: Sample[] } };
      if (error) throw new Error(`${expression}: ${error}`);
      return data.result;
    },
    end: async (): Promise<void> => {
      await child.end('SIGTERM', 10_000);
      await rm(directory, { recursive: true, force: true });
    },
  };
};

export type Prometheus = Awaited<ReturnType<typeof startPrometheus>>;
