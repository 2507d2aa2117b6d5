import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { currentTestRun } from '@mentor-sessions/lab/test-run';
import type { Setting } from '../world/servers.ts';

/** The key set that both APIs read in a fault that changes it. */
export const keysFile = (): string => join(tmpdir(), `mentor-sessions-fault-keys-${process.pid}.json`);

export const restoreKeys = (): void => copyFileSync(currentTestRun().jwksFile, keysFile());
export const writeKeys = (keys: readonly object[]): void => writeFileSync(keysFile(), JSON.stringify({ keys }));
export const removeKeys = (): void => rmSync(keysFile());

export const ownKeySet = (): Setting => {
  restoreKeys();
  const env = { AUTH_JWKS_FILE: keysFile() };
  return { roles: { 'bookings api': { env }, 'sessions api': { env } } };
};
