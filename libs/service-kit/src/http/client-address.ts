import { isIP } from 'node:net';
import type { Request } from 'express';

/** Of the connection or, behind proxies in TRUST_PROXY, as they say in X-Forwarded-For; some proxies add a port. */
export const clientAddress = ({ ip = '', socket }: Request): string => {
  const address = ip.replace(/^\[(.*)\](?::\d+)?$|^([\d.]+):\d+$/, '$1$2');
  return isIP(address) > 0 ? address : (socket.remoteAddress ?? '');
};
