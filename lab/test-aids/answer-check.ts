import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Answer } from './api-client.ts';

type Media = { readonly schema?: object };
type Documented = {
  readonly content?: Readonly<Record<string, Media>>;
  readonly headers?: Readonly<Record<string, { readonly required?: boolean }>>;
};
type Operation = { readonly responses: Readonly<Record<string, Documented>> };
export type OpenapiDocument = {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
export type AnswerCheck = (answer: Answer) => void;

const PROBLEM = 'application/problem+json';

/** Checks every response against the service's OpenAPI document, and against rules that the document cannot express. */
export const answersAsDocumented = (document: OpenapiDocument): AnswerCheck => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(closed(document), 'api');
  const places = Object.keys(document.paths).map((path) => ({ path, pattern: patternOf(path) }));
  const expectBody = (answer: Answer, place: readonly string[]): void => {
    const validate = ajv.getSchema(`api#/${place.map(escaped).join('/')}`);
    if (!validate?.(answer.body)) refuse(answer, ajv.errorsText(validate?.errors ?? null));
  };
  return (answer) => {
    const template = places.find(({ pattern }) => pattern.test(pathOf(answer)))?.path;
    const method = answer.method === 'HEAD' ? 'get' : answer.method.toLowerCase();
    const operation = document.paths[template ?? '']?.[method];
    if (answer.status >= 400) expectProblem(answer);
    if (!saneId.test(answer.headers.get('x-request-id') ?? '')) refuse(answer, 'no X-Request-Id');
    if (!operation || !template) return expectUndocumented(answer, template);
    const type = expectDocumented(answer, operation);
    if (answer.method === 'HEAD' || answer.status === 304) return;
    expectBody(answer, ['paths', template, method, 'responses', String(answer.status), 'content', type, 'schema']);
  };
};

/** Clients must tolerate additional members; we send none that are undocumented. */
const closed = (document: OpenapiDocument): OpenapiDocument =>
  JSON.parse(JSON.stringify(document), (_, value: Record<string, unknown> | null) =>
    value?.['type'] === 'object' && value['properties'] && !('additionalProperties' in value)
      ? { ...value, additionalProperties: false }
      : value,
  ) as OpenapiDocument;

const saneId = /^[\w.:@+=/-]{1,128}$/;

/** Checks status, headers and content type; returns the type. */
const expectDocumented = (answer: Answer, { responses }: Operation): string => {
  const response = responses[answer.status];
  if (!response) return refuse(answer, 'this status is not documented');
  const promised = Object.entries(response.headers ?? {}).filter(([, { required }]) => required);
  const missing = promised.map(([name]) => name).filter((name) => !answer.headers.has(name));
  if (missing.length > 0) refuse(answer, `documented, and missing: ${missing.join()}`);
  const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
  if (!response.content && answer.text === '') return type;
  return response.content?.[type] ? type : refuse(answer, `the content type ${type} is not documented`);
};

const refuse = ({ method, path, status, text }: Answer, why: string): never => {
  throw new Error(`${method} ${path} answered ${status} ${text.slice(0, 500)}\n${why}`);
};

// As it was sent: fetch escapes some characters of a path.
const pathOf = ({ path }: Answer): string => new URL(`http://localhost${path}`).pathname;

const patternOf = (path: string): RegExp => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);

const escaped = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

// Undocumented are only unknown paths, and other methods of known ones.
const expectUndocumented = (answer: Answer, template: string | undefined): void => {
  const isPublic =
    ['/', '/openapi.json'].includes(pathOf(answer)) || /^\/(docs|schemas|problems|messages|guide)/.test(pathOf(answer));
  if (!isPublic && answer.status !== (template === undefined ? 404 : 405)) refuse(answer, 'not documented');
};

const expectProblem = (answer: Answer): void => {
  const { headers, status, method } = answer;
  if (headers.get('content-type') !== PROBLEM) refuse(answer, 'an error that is no problem document');
  if (status === 500) refuse(answer, 'our fault');
  if (/\bat .+:\d+:\d+|node_modules|select |insert /i.test(answer.text)) refuse(answer, 'tells of our inside');
  if (status === 401 && !/^Bearer( error="invalid_token")?$/.test(headers.get('www-authenticate') ?? ''))
    refuse(answer, 'no WWW-Authenticate');
  if (status === 405 && !headers.get('allow')) refuse(answer, 'no Allow');
  if (status === 503 && !/^[1-9]\d*$/.test(headers.get('retry-after') ?? '')) refuse(answer, 'no Retry-After');
  if (status === 429 && !headers.get('retry-after')) refuse(answer, 'no Retry-After');
  if (method !== 'HEAD') expectMembers(answer);
};

const expectMembers = (answer: Answer): void => {
  const { type, title, status, code, detail, instance, requestId } = answer.body as Record<string, unknown>;
  const isWhole = [title, code, detail].every((member) => typeof member === 'string' && member !== '');
  if (!isWhole || status !== answer.status) refuse(answer, 'title, code, detail or status is missing or wrong');
  if (type !== `/problems/${String(code)}`) refuse(answer, 'type and code do not agree');
  if (instance !== pathOf(answer)) refuse(answer, 'instance is not the path');
  if (requestId !== answer.headers.get('x-request-id')) refuse(answer, 'requestId is not X-Request-Id');
};
