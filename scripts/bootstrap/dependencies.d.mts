type Wanted = { readonly dev: boolean };
export const isInstalled: (repository: string, wanted: Wanted) => boolean;
export const isRecent: (version: string) => boolean;
export const machineNode: () => string;
export const installWith: (npm: readonly string[], repository: string, wanted?: Wanted) => void;
export const installDependencies: (repository: string, wanted: Wanted) => Promise<void> | undefined;
