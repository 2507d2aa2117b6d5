import type { z } from 'zod';
import type { FieldError } from '../errors.ts';

type Issue = z.core.$ZodIssue;
type Named = { readonly message: string; readonly code: string; readonly [parameter: string]: unknown };

/**
 * What is wrong with each field: a message for the developer and, to translate for users, a stable code with its parameters.
 * Asks for issues that were made with `reportInput`.
 */
export const fieldErrors = (place: string, issue: Issue): FieldError[] => {
  const path = [place, ...issue.path.map(String)].join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: `${path}.${key}`, message: 'is not known', code: 'unknown' }));
  return [{ path, ...named(issue) }];
};

const named = (issue: Issue): Named => {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue.input, issue.expected);
    case 'invalid_value':
      return notAllowed(issue.input, issue.values);
    case 'invalid_format':
      return { message: issue.message, code: 'wrong-format', format: formats[issue.format] ?? issue.format };
    case 'invalid_key': // of a record: the key itself breaks a rule
      return { ...named(issue.issues[0]!), message: `name ${issue.issues[0]!.message}`, code: 'wrong-name' };
    case 'custom':
      return { message: issue.message, code: 'invalid', ...issue.params };
    default:
      return { message: issue.message, code: 'invalid' };
  }
};

const formats: Readonly<Record<string, string>> = { guid: 'uuid' };

/** Null is the same as absent. */
const required: Named = { message: 'is required', code: 'required' };

const types: Readonly<Record<string, string>> = { record: 'object' };

const wrongType = (input: unknown, expected: string): Named => {
  if (input === undefined || input === null) return required;
  const type = types[expected] ?? expected;
  return { message: `must be ${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`, code: 'wrong-type', expected: type };
};

const notAllowed = (input: unknown, values: readonly unknown[]): Named =>
  input === undefined || input === null
    ? required
    : { message: `must be one of ${values.join(', ')}`, code: 'not-allowed', allowed: values };
