import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { repository } from '@mentor-sessions/local-stack/launch';

const execute = promisify(execFile);
const project = 'mentor-sessions-test';

/** Of `docker inspect`, what is looked at here. */
export type Container = {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly RestartCount: number;
  readonly State: { readonly Status: string; readonly Pid: number; readonly Health?: { readonly Status: string } };
  readonly Config: { readonly User: string; readonly Env: readonly string[]; readonly Labels: Record<string, string> };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[] | null;
    readonly SecurityOpt: readonly string[] | null;
    readonly Memory: number;
  };
};

/** `docker compose` on a project of the tests' own, under these variables. */
export const createEngine = (variables: Readonly<Record<string, string>>) => {
  const docker = async (...args: readonly string[]): Promise<string> => {
    const options = { cwd: repository, env: { ...process.env, ...variables }, maxBuffer: 64 * 1024 * 1024 };
    return (await execute('docker', [...args], options)).stdout;
  };
  const compose = (...args: readonly string[]): Promise<string> =>
    docker('compose', '--project-name', project, '--progress', 'quiet', ...args);
  return {
    docker,
    compose,
    containers: async (): Promise<Container[]> => {
      const ids = (
        await docker('ps', '--quiet', '--no-trunc', '--filter', `label=com.docker.compose.project=${project}`)
      )
        .split('\n')
        .filter(Boolean);
      return ids.length === 0 ? [] : (JSON.parse(await docker('inspect', ...ids)) as Container[]);
    },
    /** As a crash would, and not as `docker kill`, after which the engine restarts nothing. */
    crash: ({ State, Image }: Container, image: string = Image): Promise<string> =>
      docker(
        'run',
        '--rm',
        '--pid=host',
        '--network=none',
        '--user=0',
        '--cap-drop=ALL',
        '--cap-add=KILL',
        '--entrypoint=node',
        image,
        '-e',
        `process.kill(${State.Pid}, 'SIGKILL')`,
      ),
  };
};

export type Engine = ReturnType<typeof createEngine>;

export const serviceOf = ({ Config }: Container): string => Config.Labels['com.docker.compose.service'] ?? '';

export const isWell = ({ State }: Container): boolean =>
  State.Status === 'running' && (State.Health?.Status ?? 'healthy') === 'healthy';
