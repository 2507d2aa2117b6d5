import type { z } from 'zod';
import type { FieldCode, FieldError } from '../errors.ts';

type Issue = z.core.$ZodIssue;
type Named = { readonly message: string; readonly code: FieldCode; readonly [parameter: string]: unknown };

/**
 * What is wrong with each field: a message for the developer and, to translate for users, a stable code with its parameters.
 * Asks for issues that were made with `reportInput`.
 */
export const fieldErrors = (place: string, schema: z.core.$ZodType, issue: Issue): FieldError[] => {
  const path = [place, ...issue.path.map(String)].join('.');
  if (issue.code === 'invalid_type' && isOfRecord(schema, issue.path)) return [{ path, ...wrongType(issue.expected) }];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: `${path}.${key}`, message: 'is not known', code: 'unknown' }));
  return [{ path, ...named(issue) }];
};

const named = (issue: Issue): Named => {
  switch (issue.code) {
    case 'invalid_type':
      return isAbsent(issue.input) ? required : wrongType(issue.expected);
    case 'invalid_value':
      if (isAbsent(issue.input)) return required;
      return { message: `must be one of ${issue.values.join(', ')}`, code: 'not-allowed', allowed: issue.values };
    case 'invalid_format':
      return { message: issue.message, code: 'wrong-format', format: issue.format === 'guid' ? 'uuid' : issue.format };
    case 'invalid_key': // of a record: the key itself breaks a rule
      return { ...named(issue.issues[0]!), message: `name ${issue.issues[0]!.message}`, code: 'wrong-name' };
    case 'custom':
      return { message: issue.message, code: 'invalid', ...issue.params };
    default:
      return { message: issue.message, code: 'invalid' };
  }
};

const required: Named = { message: 'is required', code: 'required' };

/** Null is the same as absent. */
const isAbsent = (input: unknown): boolean => input === undefined || input === null;

/** Whether the path leads to a value of a record. It is no field that could be absent: null is of the wrong type there. */
const isOfRecord = (schema: z.core.$ZodType | undefined, path: readonly PropertyKey[]): boolean => {
  const def = (schema as z.core.$ZodTypes | undefined)?._zod.def;
  const [name, ...rest] = path;
  if (!def || name === undefined) return false;
  if ('innerType' in def) return isOfRecord(def.innerType, path);
  if (def.type === 'pipe') return isOfRecord(def.in, path);
  if (def.type === 'object') return isOfRecord(def.shape[String(name)], rest);
  return def.type === 'record' && (rest.length === 0 || isOfRecord(def.valueType, rest));
};

const wrongType = (expected: string): Named => {
  const type = expected === 'record' ? 'object' : expected;
  return { message: `must be ${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`, code: 'wrong-type', expected: type };
};
