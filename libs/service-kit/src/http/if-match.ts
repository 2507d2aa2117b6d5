/** The caller's condition on the version to change (RFC 9110 §13.1.1). */
export type IfMatch = { matches(version: number): boolean };

const always: IfMatch = { matches: () => true };
const tags = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g;

/** No header and `*` match every version; a weak or malformed tag never matches. */
export const parseIfMatch = (header: string | undefined): IfMatch => {
  if (header === undefined || header.trim() === '*') return always;
  const strong = [...header.matchAll(tags)].filter(([, weak]) => weak === undefined).map(([, , tag]) => tag);
  return { matches: (version) => strong.includes(String(version)) };
};
