export const isInstalled: (repository: string) => boolean;
