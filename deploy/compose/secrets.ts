import { rename, rm, writeFile } from 'node:fs/promises';

/** A value in a volume that only the containers that need it mount. */
export const keepSecret = async (path: string, value: string): Promise<void> => {
  const file = `/secrets/${path}`;
  await rm(`${file}.new`, { force: true });
  await writeFile(`${file}.new`, value, { mode: 0o400 });
  await rename(`${file}.new`, file);
};

export const required = (name: string): string => {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is missing`);
};

/** A password may have any characters, also those that end a part of a URL: `openssl rand -base64` makes slashes. */
export const urlWithPassword = (url: string, password: string): string => {
  const whole = new URL(required(url));
  whole.password = required(password).replaceAll('%', '%25'); // the setter encodes the others
  return whole.href;
};
