import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

export type Manifest = {
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
};

const [manifest, original] = ['package.json', 'package.json.original'];

export const readManifest = (): Manifest => JSON.parse(readFileSync(manifest, 'utf8')) as Manifest;

/** Renamed into place, so that no process reads half a file. */
export const swapManifest = (packed: object): void => {
  writeFileSync(original, readFileSync(manifest));
  writeFileSync(`${manifest}.next`, `${JSON.stringify(packed, null, 2)}\n`);
  renameSync(`${manifest}.next`, manifest);
};

/** Also after a packing that was interrupted. */
export const restoreManifest = (): void => {
  if (existsSync(original)) renameSync(original, manifest);
};
