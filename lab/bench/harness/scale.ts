/** smoke: part of `npm test`, it runs and counts right. quick: three minutes for all jobs. full: `npm run bench`. long: `npm run bench:long`. */
export type Scale = 'smoke' | 'quick' | 'full' | 'long';
