import { hasImage } from '@mentor-sessions/local-stack/docker-container';
import { whyNotDocker } from '@mentor-sessions/local-stack/docker';
import type { Counts } from './counts.ts';
import { runJest } from './jest.ts';

const PULL_WITHIN_MS = 20_000;

const whyNot = async (): Promise<string | undefined> => {
  const why = await whyNotDocker(PULL_WITHIN_MS);
  if (why) return why;
  const image = process.env['NODE_IMAGE'] ?? 'node:24-slim';
  return (await hasImage(image, PULL_WITHIN_MS))
    ? undefined
    : `the Docker engine has not ${image} and could not pull it`;
};

/** docker-compose.yml as a whole, where there is an engine for it; otherwise one line says why not. */
export const runComposeIfPossible = async (): Promise<Counts> => {
  const why = await whyNot();
  if (!why) return runJest(['compose'], []);
  console.log(`Not tested: docker compose, for ${why}`);
  return { passed: 0, failed: 0, skipped: 0 };
};
