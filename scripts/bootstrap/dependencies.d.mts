export const isInstalled: (repository: string) => boolean;
export const isRecent: (version: string) => boolean;
