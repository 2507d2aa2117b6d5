import { hash } from 'node:crypto';
import { canonicalJson } from '@mentor-sessions/service-kit/canonical-json';

/**
 * SHA-256 over type, subject, dataschema and data in canonical JSON, as received: copies agree whatever the order of keys;
 * time and trace do not count. Throws RangeError for nesting beyond the stack.
 */
export const contentHash = (envelope: Record<string, unknown>): Buffer =>
  hash(
    'sha256',
    canonicalJson([envelope['type'], envelope['subject'], envelope['dataschema'], envelope['data']]),
    'buffer',
  );
