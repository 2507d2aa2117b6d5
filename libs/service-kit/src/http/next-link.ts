/**
 * `Link: <…>; rel="next"` (RFC 8288) for a page that another one follows: the same request with the cursor of this page;
 * no header on the last page.
 */
export const linkToNext = (target: string, nextCursor: string | null): Readonly<Record<string, string>> => {
  if (nextCursor === null) return {};
  const [path, search] = target.split('?', 2);
  const parameters = new URLSearchParams(search);
  parameters.set('cursor', nextCursor);
  return { Link: `<${path}?${parameters.toString()}>; rel="next"` };
};
