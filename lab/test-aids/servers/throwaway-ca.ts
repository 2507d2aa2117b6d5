import { execFile } from 'node:child_process';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type ThrowawayCa = {
  /** Its certificate, which clients trust. */
  readonly file: string;
  /** Key and certificate of a server under this name alone, readable by its user. */
  issue(name: string, user?: { readonly uid: number; readonly gid: number }): Promise<{ key: string; cert: string }>;
};

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** A certificate authority for one day, by openssl, which PostgreSQL's packages bring. */
export const createThrowawayCa = async (directory: string, name: string): Promise<ThrowawayCa> => {
  const path = (file: string): string => join(directory, `${name}-${file}`);
  const openssl = (...args: readonly string[]) => run('openssl', [...args], { cwd: directory });
  const ca = { key: path('ca.key'), cert: path('ca.pem') };
  await openssl('req', '-x509', ...newKey, '-days', '1', '-subj', `/CN=${name}`, '-keyout', ca.key, '-out', ca.cert);
  return {
    file: ca.cert,
    issue: async (host, user) => {
      const [key, request, cert, names] = ['key', 'csr', 'pem', 'names'].map((end) => path(`${host}.${end}`)) as [
        ...[string, string, string, string],
      ];
      await writeFile(names, `subjectAltName=DNS:${host}\n`);
      await openssl('req', ...newKey, '-subj', `/CN=${host}`, '-keyout', key, '-out', request);
      const signing = ['-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial', '-days', '1', '-extfile', names];
      await openssl('x509', '-req', '-in', request, ...signing, '-out', cert);
      if (user) for (const file of [key, cert]) await chown(file, user.uid, user.gid);
      return { key, cert };
    },
  };
};
