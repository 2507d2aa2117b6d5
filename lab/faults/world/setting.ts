import type { Load } from '../driver/workload.ts';
import type { RoleName, RoleSetting } from './roles.ts';
import type { ServersKind } from './servers.ts';

/** The world that a fault wants: everything that it does not name is as usual. */
export type Setting = {
  readonly roles?: Partial<Record<RoleName, RoleSetting>>;
  readonly load?: Partial<Load>;
  readonly servers?: ServersKind;
};
