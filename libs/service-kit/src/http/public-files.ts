import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type RequestHandler } from 'express';
import helmet from 'helmet';

/** Path → URL of a file, read once: HTML or JSON. */
export type PublicFiles = Readonly<Record<string, string>>;

/** Files that anybody may read. What runs on a page of them is what stands in the file: styles and scripts are allowed by their hashes. */
export const publicFiles = (files: PublicFiles): RequestHandler => {
  const router = express.Router({ strict: true, caseSensitive: true });
  for (const [path, url] of Object.entries(files)) {
    const text = readFileSync(new URL(url), 'utf8');
    const type = extname(fileURLToPath(url));
    router.get(path, policyOf(text), (_request, response) => void response.type(type).send(text));
  }
  return router;
};

const hashesOf = (html: string, element: 'style' | 'script'): string[] => {
  const inline = [...html.matchAll(new RegExp(`<${element}>([^]*?)</${element}>`, 'g'))];
  const hashes = inline.map(([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  return hashes.length > 0 ? hashes : ["'none'"];
};

const policyOf = (html: string): RequestHandler =>
  helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: hashesOf(html, 'style'),
      scriptSrc: hashesOf(html, 'script'),
      imgSrc: ['data:'],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  });
