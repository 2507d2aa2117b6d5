export const isInstalled: (repository: string) => boolean;
export const isRecent: (version: string) => boolean;
export const installWith: (npm: readonly string[], repository: string) => void;
