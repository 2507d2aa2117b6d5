const KEY = 'token';

/** The token comes in the fragment, which no server sees, and stays in this tab. */
export const takeToken = () => {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, '', location.pathname);
  }
  return sessionStorage.getItem(KEY);
};

export const keepToken = (token) => sessionStorage.setItem(KEY, token.replace(/^Bearer /i, '').trim());

/** The problem document's sentence is the message. */
class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

const request = async (path, options = {}) => {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem(KEY)}`, ...options.headers };
  const response = await fetch(path, { ...options, headers });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const fields = (problem.errors ?? []).map(({ path, message }) => `${path} ${message}`);
  throw new Refused(response.status, [problem.detail ?? `status ${response.status}`, ...fields].join(' '));
};

export const get = async (path) => (await request(path)).json();

export const post = async (path, body) => {
  const headers = { 'Content-Type': 'application/json' };
  return (await request(path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
};

/** One event stream until it ends; each event is one line `data: …`. */
export const stream = async (path, tell, signal) => {
  const response = await request(path, { signal });
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line.startsWith('data: ')) tell(JSON.parse(line.slice('data: '.length)));
  }
};
