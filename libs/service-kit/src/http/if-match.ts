/** The caller's condition on the version (RFC 9110 §13.1). */
export type IfMatch = (version: number) => boolean;

export const never: IfMatch = () => false;
const element = /[ \t]*(?:(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(?:,|$)/gy;
/** What compressing proxies append (Apache, Caddy, Jetty, LiteSpeed, Django). Others weaken the tag: nginx, HAProxy, Varnish. */
const ours = /^(\d{1,10})(?:(?:--?|;)(?:gzip|gz|br|zstd|zst|deflate))*$/;

/** Null: malformed. */
const versionsIn = (header: string): (string | undefined)[] | null => {
  const elements = [...header.matchAll(element)];
  const length = elements.reduce((sum, [text]) => sum + text.length, 0);
  const tags = elements.flatMap(([, tag]) => (tag === undefined ? [] : [tag]));
  return length < header.length || tags.length === 0 ? null : tags.map((tag) => ours.exec(tag)?.[1]);
};

/**
 * Null: malformed. No header and `*` match every version. A tag that a proxy weakened or suffixed matches too: it names a
 * version, whose bytes may differ.
 */
export const parseIfMatch = (header: string | undefined): IfMatch | null => {
  if (header === undefined || header.trim() === '*') return () => true;
  const versions = versionsIn(header);
  return versions && ((version) => versions.includes(String(version)));
};

/** For reads: a malformed header is ignored, which costs a body and does no harm. */
export const parseIfNoneMatch = (header: string | undefined): IfMatch =>
  header === undefined ? never : (parseIfMatch(header) ?? never);
