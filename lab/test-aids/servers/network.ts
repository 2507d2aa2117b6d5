import { randomInt } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { guardOrphan } from '@mentor-sessions/local-stack/orphans';
import { debianCommand } from '../debian-command.ts';
import { run } from '../run.ts';

export { run };

/** Namespaces, mounts and packet filters need root on Linux. */
export const isRootOfLinux = (): boolean => process.platform === 'linux' && process.getuid?.() === 0;

export const ensureNetworkTools = async (): Promise<void> => {
  if (!isRootOfLinux()) throw new Error('network namespaces need root on Linux');
  await debianCommand('ip', 'iproute2');
  await debianCommand('iptables', 'iptables');
};

/** Packets are dropped, not refused, as in a broken network. */
export const linksOf = ({ hosts, on }: Pick<Network, 'hosts' | 'on'>) => {
  const filter = async (host: Host, ...rule: string[]): Promise<void> => {
    const [file = '', ...args] = [...on(host), 'iptables', '--wait', '5', ...rule];
    await run(file, args);
  };
  const ignore = (host: Host, from: Host) => filter(host, '-A', 'INPUT', '-s', from.address, '-j', 'DROP');
  return {
    /** Between two hosts, in both directions. */
    cut: async (one: Host, other: Host): Promise<void> => {
      await Promise.all([ignore(one, other), ignore(other, one)]);
    },
    /** Between this host and all others, including the tests' process. */
    cutOff: async (host: Host): Promise<void> => {
      await filter(host, '-A', 'INPUT', '!', '-i', 'lo', '-j', 'DROP');
      await filter(host, '-A', 'OUTPUT', '!', '-o', 'lo', '-j', 'DROP');
    },
    heal: async (): Promise<void> => {
      for (const host of hosts) await filter(host, '-F');
    },
  };
};

/** A machine with its own network. */
export type Host = { readonly namespace: string; readonly address: string };
export type Network = {
  readonly hosts: readonly Host[];
  /** The prefix of a command that runs on that host. */
  on(host: Host): readonly string[];
  close(): Promise<void>;
};

const ip = (...args: string[]): Promise<unknown> => run('ip', args);

const addNamespace = async (name: string): Promise<() => Promise<void>> => {
  await ip('netns', 'add', name);
  const forget = guardOrphan({ command: ['ip', 'netns', 'delete', name] });
  return async () => {
    await ip('netns', 'delete', name);
    forget();
  };
};

const isInUse = (number: number): boolean =>
  Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address.startsWith(`10.77.${number}.`)));

/** The first process to create the hub's namespace gets the number, and with it 10.77.<number>.0/24. */
const claimHub = async (tries = 20): Promise<{ number: number; hub: string; remove: () => Promise<void> }> => {
  const number = randomInt(1, 255);
  const hub = `mentor${number}-hub`;
  try {
    if (isInUse(number)) throw new Error(`10.77.${number}.0/24 is in use`);
    return { number, hub, remove: await addNamespace(hub) };
  } catch (error) {
    if (tries === 1) throw error;
    return claimHub(tries - 1);
  }
};

/** The tests' process stays in its own network and reaches the hosts through this link. */
const linkTests = async (hub: string, number: number): Promise<void> => {
  const name = `mentor${number}`;
  await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'tests', 'netns', hub);
  await ip('-n', hub, 'link', 'set', 'dev', 'tests', 'master', 'bridge', 'up');
  await ip('address', 'add', `10.77.${number}.1/24`, 'dev', name);
  await ip('link', 'set', 'dev', name, 'up');
};

const linkHost = async (hub: string, { namespace, address }: Host, port: string): Promise<void> => {
  await ip('link', 'add', 'wire', 'netns', namespace, 'type', 'veth', 'peer', 'name', port, 'netns', hub);
  await ip('-n', hub, 'link', 'set', 'dev', port, 'master', 'bridge', 'up');
  await ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'wire');
  for (const device of ['lo', 'wire']) await ip('-n', namespace, 'link', 'set', 'dev', device, 'up');
};

/** Hosts, each in a network namespace, on one bridge; they and the tests' process reach each other. */
export const createNetwork = async (count: number): Promise<Network> => {
  await ensureNetworkTools();
  const { number, hub, remove } = await claimHub();
  const removals = [remove];
  const close = async (): Promise<void> => {
    for (const each of removals.splice(0).reverse()) await each();
  };
  const addHost = async (nth: number): Promise<Host> => {
    const host = { namespace: `mentor${number}-${nth}`, address: `10.77.${number}.${10 + nth}` };
    removals.push(await addNamespace(host.namespace));
    await linkHost(hub, host, `host${nth}`);
    return host;
  };
  try {
    await ip('-n', hub, 'link', 'add', 'bridge', 'up', 'type', 'bridge');
    await linkTests(hub, number);
    const hosts: Host[] = [];
    for (let nth = 1; nth <= count; nth += 1) hosts.push(await addHost(nth));
    return { hosts, on: ({ namespace }) => ['nsenter', `--net=/run/netns/${namespace}`], close };
  } catch (error) {
    await close();
    throw error;
  }
};
