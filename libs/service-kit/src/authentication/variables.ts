import { z } from 'zod';
import { names, seconds, url } from '../config.ts';

/** Without `none` and HS…: anyone, or any service with the key, could sign. */
const supported = ['RS', 'PS', 'ES'].flatMap((kind) => [256, 384, 512].map((bits) => `${kind}${bits}`));
supported.push('EdDSA', 'Ed25519');

const hasLogin = (value: string): boolean => {
  const { username, password } = URL.parse(value) ?? {};
  return Boolean(username || password);
};

export const authenticationVariables = {
  AUTH_ISSUER: z.string(),
  AUTH_AUDIENCE: z.string(),
  AUTH_JWKS_URL: url('http', 'https')
    .refine((value) => !hasLogin(value), 'must be without user and password, which are never sent: the keys are public')
    .optional(),
  AUTH_JWKS_FILE: z.string().optional(),
  // accepted clock difference to the issuer
  AUTH_LEEWAY_SECONDS: seconds.refine((value) => value <= 120, 'must be at most 120').default(5),
  AUTH_ALGORITHMS: names
    .refine(
      (given) => given.every((name) => supported.includes(name)),
      `must be of ${supported.join(', ')}; none, HS256, HS384 and HS512 are never accepted`,
    )
    .default(['EdDSA', 'Ed25519', 'ES256', 'RS256']),
  // names or paths of claims: `roles`, `https://example.com/roles`, `realm_access.roles`
  AUTH_SUBJECT_CLAIM: z.string().default('sub'),
  AUTH_ROLES_CLAIM: z.string().default('roles'),
  AUTH_MENTOR_PROFILE_CLAIM: z.string().default('mentor_profile_id'),
};

export type AuthenticationConfig = z.output<z.ZodObject<typeof authenticationVariables>>;
