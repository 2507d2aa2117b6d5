export const isAlive: (pid: number) => boolean;
