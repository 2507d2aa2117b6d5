/** The path of PUBLIC_URL, before the service's own paths: `/mentoring`, or empty. */
export const basePathOf = (publicUrl: string | undefined): string =>
  publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '');

/** Path and query as callers see them. A request line may carry a whole URL, whose host counts for nothing. */
export const publicTarget = (base: string, originalUrl: string): string =>
  base + originalUrl.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '');
