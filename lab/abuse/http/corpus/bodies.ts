import { invalidBytes, invalidJson } from './invalid-json.ts';
import { otherShapes } from './other-shapes.ts';

type Body = string | Uint8Array;

const means = (body: Body): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(Buffer.from(body)));
  } catch {
    return undefined;
  }
};

/** `{}` is what a PATCH takes: no attack. */
const isNothing = (body: Body): boolean => {
  const value = means(body);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && Object.keys(value).length === 0;
};

/** In the manner of JSONTestSuite (https://github.com/nst/JSONTestSuite): what is no JSON, what is and must be borne, and what parsers differ on. */
export const bodies: readonly Body[] = [...invalidJson, ...invalidBytes, ...otherShapes].filter(
  (body) => body.length > 0 && !isNothing(body), // a byte order mark before JSON may be ignored (RFC 8259 §8.1)
);
