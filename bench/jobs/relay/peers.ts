import type { Relay } from './relay.ts';

export const relayPeers: readonly Relay[] = [];
