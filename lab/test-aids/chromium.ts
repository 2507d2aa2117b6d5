import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { canInstallDebianPackages, installDebianPackages } from '@mentor-sessions/local-stack/binaries';

export type { Browser, Page } from 'playwright-core';

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const findChromium = (): string | undefined => places.find((place) => existsSync(place));

const install = async (): Promise<string | undefined> => {
  if (!canInstallDebianPackages()) return undefined;
  await installDebianPackages(['chromium']);
  return findChromium();
};

/** It speaks with no one but the pages that it is told to open. */
const quiet = ['--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Headless, the machine's own; on Debian as root it is installed when it is missing. */
export const launchChromium = async (): Promise<Browser> => {
  const executablePath = findChromium() ?? (await install());
  if (!executablePath) throw new Error('the tests of pages need Chromium or Chrome: install it');
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...quiet] });
};
