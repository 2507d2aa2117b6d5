import { run } from './network-tools.ts';
import type { Host, Network } from './network.ts';

/** Packets are dropped, not refused: what a broken network looks like to those who wait for an answer. */
export type Links = {
  /** Between two hosts, both ways. */
  cut(one: Host, other: Host): Promise<void>;
  /** Between this host and everybody, the tests' process included. */
  cutOff(host: Host): Promise<void>;
  heal(): Promise<void>;
};

export const linksOf = ({ hosts, on }: Pick<Network, 'hosts' | 'on'>): Links => {
  const filter = async (host: Host, ...rule: string[]): Promise<void> => {
    const [file = '', ...args] = [...on(host), 'iptables', '--wait', '5', ...rule];
    await run(file, args);
  };
  const ignore = (host: Host, from: Host) => filter(host, '-A', 'INPUT', '-s', from.address, '-j', 'DROP');
  return {
    cut: async (one, other) => {
      await Promise.all([ignore(one, other), ignore(other, one)]);
    },
    cutOff: async (host) => {
      await filter(host, '-A', 'INPUT', '!', '-i', 'lo', '-j', 'DROP');
      await filter(host, '-A', 'OUTPUT', '!', '-o', 'lo', '-j', 'DROP');
    },
    heal: async () => {
      for (const host of hosts) await filter(host, '-F');
    },
  };
};
