/** `postpack`: the package.json of the repository again. */
import { restoreManifest } from './manifest.ts';

restoreManifest();
