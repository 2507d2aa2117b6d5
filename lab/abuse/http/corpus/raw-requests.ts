type RawRequest = { readonly name: string; readonly bytes: string };
type Ready = { readonly authorization: string; readonly path: string };

const all = (requests: Readonly<Record<string, string>>): RawRequest[] =>
  Object.entries(requests).map(([name, bytes]) => ({ name, bytes }));

/** Requests that two parsers may split differently, to smuggle a second one. `GET /smuggled` must never be answered. */
export const smuggling = ({ authorization, path }: Ready): RawRequest[] => {
  const post = (headers: string, body: string) =>
    `POST ${path} HTTP/1.1\r\nHost: h\r\n${authorization}\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`;
  const hidden = 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n';
  const zero = `0\r\n\r\n${hidden}`;
  return all({
    'CL.TE': post('Content-Length: 6\r\nTransfer-Encoding: chunked', zero),
    'TE.CL': post('Transfer-Encoding: chunked\r\nContent-Length: 4', zero),
    'two lengths': post('Content-Length: 2\r\nContent-Length: 60', `{}${hidden}`),
    'two equal lengths': post('Content-Length: 2\r\nContent-Length: 2', `{}`),
    'lengths in one header': post('Content-Length: 2, 60', `{}${hidden}`),
    'a negative length': post('Content-Length: -1', hidden),
    'a signed length': post('Content-Length: +2', `{}${hidden}`),
    'a hexadecimal length': post('Content-Length: 0x2', `{}${hidden}`),
    'a length with a blank in it': post('Content-Length: 2 0', `{}${hidden}`),
    'a length beyond numbers': post('Content-Length: 99999999999999999999999', hidden),
    'two encodings': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', zero),
    'an unknown encoding': post('Transfer-Encoding: xchunked', zero),
    'chunked not last': post('Transfer-Encoding: chunked, identity', zero),
    'chunked behind a vertical tab': post('Transfer-Encoding: \u000bchunked', zero),
    'a blank before the colon': post('Transfer-Encoding : chunked', zero),
    'a folded encoding': post('Transfer-Encoding:\r\n chunked', zero),
    'a line end alone': post('X: a\nTransfer-Encoding: chunked', zero),
    'a carriage return alone': post('X: a\rTransfer-Encoding: chunked', zero),
    'a NUL in a header': post('X: a\0b\r\nContent-Length: 2', `{}${hidden}`),
    'a chunk size that is none': post('Transfer-Encoding: chunked', `zz\r\n{}\r\n${zero}`),
    'a negative chunk size': post('Transfer-Encoding: chunked', `-2\r\n{}\r\n${zero}`),
    'a chunk size beyond numbers': post('Transfer-Encoding: chunked', `ffffffffffffffffff\r\n{}\r\n${zero}`),
    'a chunk longer than declared': post('Transfer-Encoding: chunked', `1\r\n{}\r\n${zero}`),
    'chunk extensions of 20 KB': post('Transfer-Encoding: chunked', `2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`),
    'a chunk that ends with a line feed': post('Transfer-Encoding: chunked', `2\n{}\n${zero}`),
    'trailers that are headers': post(
      'Transfer-Encoding: chunked\r\nTrailer: Authorization',
      `2\r\n{x\r\n0\r\nContent-Length: 60\r\n\r\n`,
    ),
    'a request in a header': post(`X: ${hidden.replaceAll('\r\n', '\\r\\n')}\r\nContent-Length: 2`, `{x`),
  });
};

const get = (line: string, headers = 'Host: h'): string => `${line}\r\n${headers}\r\nConnection: close\r\n\r\n`;

/** Not HTTP, or almost. */
export const malformed = ({ authorization, path }: Ready): RawRequest[] =>
  all({
    'another protocol': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    AMQP: 'AMQP\0\0\x09\x01',
    words: 'hello\r\n\r\n',
    'a lower-case verb': get('get / HTTP/1.1'),
    'an unknown verb': get('FOO / HTTP/1.1'),
    'a verb of 5 KB': get(`${'A'.repeat(5_000)} / HTTP/1.1`),
    'no version': 'GET /\r\n\r\n',
    'HTTP/0.9': get('GET / HTTP/0.9'),
    'HTTP/2.0 on one line': get('GET / HTTP/2.0'),
    'HTTP/9.9': get('GET / HTTP/9.9'),
    'a blank in the path': get('GET /book ings HTTP/1.1'),
    'a NUL in the path': get('GET /book\0ings HTTP/1.1'),
    'a path of 20 KB': get(`GET /${'a'.repeat(20_000)} HTTP/1.1`),
    'an absolute address of someone else': get('GET http://evil.test/smuggled HTTP/1.1'),
    'an authority': get('CONNECT evil.test:443 HTTP/1.1'),
    'an asterisk': get('OPTIONS * HTTP/1.1'),
    'no path': get('GET  HTTP/1.1'),
    'no host': get('GET / HTTP/1.1', 'X: 1'),
    'two hosts': get('GET /smuggled HTTP/1.1', 'Host: a\r\nHost: b'),
    'an upgrade': get('GET /smuggled HTTP/1.1', 'Host: h\r\nUpgrade: websocket\r\nConnection: Upgrade'),
    'an upgrade to HTTP/2': get('GET /smuggled HTTP/1.1', 'Host: h\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk'),
    'a header without a colon': get('GET / HTTP/1.1', 'Host: h\r\nnonsense'),
    'a header without a name': get('GET / HTTP/1.1', 'Host: h\r\n: value'),
    'a header with a bad name': get('GET / HTTP/1.1', 'Host: h\r\na(b): value'),
    'headers of 20 KB': get('GET / HTTP/1.1', `Host: h\r\nX: ${'a'.repeat(20_000)}`),
    '3,000 headers': get('GET /smuggled HTTP/1.1', `Host: h\r\n${'a: b\r\n'.repeat(2_900)}c: d`),
    'a token of 17 KB': get('GET /bookings HTTP/1.1', `Host: h\r\nAuthorization: Bearer ${'a'.repeat(17_000)}`),
    'control characters in a header': get('GET / HTTP/1.1', 'Host: h\r\nX: \x01\x02\x1b[31m'),
    'an expectation': `POST ${path} HTTP/1.1\r\nHost: h\r\n${authorization}\r\nExpect: 200-ok\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{x`,
    'a folded header': get('GET /smuggled HTTP/1.1', 'Host: h\r\nX: a\r\n b'),
    'line feeds alone': 'GET /smuggled HTTP/1.1\nHost: h\n\n',
    'empty lines before': `\r\n\r\n\r\n${get('GET /smuggled HTTP/1.1')}`,
    'a body to a GET, cut short': get('GET /smuggled HTTP/1.1', 'Host: h\r\nContent-Length: 100'),
  });
