import { z } from 'zod';
import { names, seconds, url } from '../config.ts';
import type { AuthenticationOptions } from '../authentication.ts';

/** Without `none` and HS…: anyone, or any service with the key, could sign. */
const supported = ['RS', 'PS', 'ES'].flatMap((kind) => [256, 384, 512].map((bits) => `${kind}${bits}`));
supported.push('EdDSA', 'Ed25519');

const claim = z.string();

export const authenticationVariables = {
  AUTH_ISSUER: z.string(),
  AUTH_AUDIENCE: z.string(),
  AUTH_JWKS_URL: url('http', 'https').optional(),
  AUTH_JWKS_FILE: z.string().optional(),
  AUTH_LEEWAY_SECONDS: seconds.refine((value) => value <= 120, 'must be at most 120').default(5),
  AUTH_ALGORITHMS: names
    .refine(
      (given) => given.every((name) => supported.includes(name)),
      `must be of ${supported.join(', ')}; none, HS256, HS384 and HS512 are never accepted`,
    )
    .default(['EdDSA', 'Ed25519', 'ES256', 'RS256']),
  AUTH_SUBJECT_CLAIM: claim.default('sub'),
  AUTH_ROLES_CLAIM: claim.default('roles'),
  AUTH_MENTOR_PROFILE_CLAIM: claim.default('mentor_profile_id'),
};

type Variables = z.output<z.ZodObject<typeof authenticationVariables>>;

export const authenticationFrom = (config: Variables): Omit<AuthenticationOptions, 'log'> => ({
  issuer: config.AUTH_ISSUER,
  audience: config.AUTH_AUDIENCE,
  jwksUrl: config.AUTH_JWKS_URL,
  jwksFile: config.AUTH_JWKS_FILE,
  leewaySeconds: config.AUTH_LEEWAY_SECONDS,
  algorithms: config.AUTH_ALGORITHMS,
  claims: {
    subject: config.AUTH_SUBJECT_CLAIM,
    roles: config.AUTH_ROLES_CLAIM,
    mentorProfile: config.AUTH_MENTOR_PROFILE_CLAIM,
  },
});
