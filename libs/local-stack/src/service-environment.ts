export type ServiceEnvironment = {
  readonly databaseUrl: string;
  readonly amqpUrl: string;
  readonly auth: { readonly issuer: string; readonly audience: string; readonly jwksFile: string };
};

/** The variables that the services need in production; SESSIONS_URL is for bookings alone. */
export const serviceEnvironment = ({ databaseUrl, amqpUrl, auth }: ServiceEnvironment): Record<string, string> => ({
  NODE_ENV: 'production',
  DATABASE_URL: databaseUrl,
  ALLOW_FSYNC_OFF: 'true', // the native server runs without, its data is not for keeping
  AMQP_URL: amqpUrl,
  AUTH_ISSUER: auth.issuer,
  AUTH_AUDIENCE: auth.audience,
  AUTH_JWKS_FILE: auth.jwksFile,
  SHUTDOWN_DELAY: '0', // no balancer here
  SESSIONS_URL: 'http://localhost:3002',
});
