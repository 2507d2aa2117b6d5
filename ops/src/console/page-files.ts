import { fileURLToPath } from 'node:url';
import express, { type RequestHandler } from 'express';
import helmet from 'helmet';

const self = ["'self'"];

/** Only what lies in `page/` runs on the page, and it speaks with this server alone. */
const policy = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: self,
      styleSrc: self,
      imgSrc: ['data:'],
      connectSrc: self,
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      requireTrustedTypesFor: ["'script'"], // no text becomes markup
    },
  },
  frameguard: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
  // Behind plain HTTP on loopback; what ends TLS before it decides for the whole host.
  strictTransportSecurity: false,
});

export const pageFiles = (): RequestHandler => {
  const router = express.Router();
  router.use(policy, express.static(fileURLToPath(new URL('page/', import.meta.url)), { redirect: false }));
  return router;
};
