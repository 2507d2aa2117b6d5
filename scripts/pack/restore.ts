/** `postpack`: the package.json of the repository again, and no dist/ that tools would read beside the sources. */
import { rmSync } from 'node:fs';
import { restoreManifest } from './manifest.ts';

restoreManifest();
rmSync('dist', { recursive: true, force: true });
