import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { fromDebian } from './debian-command.ts';

export type { Browser, Page } from 'playwright-core';

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Connects only to the pages that the test opens. */
const quiet = ['--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Debian's Chromium, headless. */
export const launchChromium = async (): Promise<Browser> => {
  const executablePath = await fromDebian(['chromium'], () => places.find((place) => existsSync(place)));
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...quiet] });
};
