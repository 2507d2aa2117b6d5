import { escapeUnsafe, find } from './dom.js';

const KEY = 'token';

/** The token comes in the URL's fragment, which is not sent to servers, and stays in this tab. */
export const takeToken = () => {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, '', `${location.pathname}#/`);
  }
  return sessionStorage.getItem(KEY);
};

export const keepToken = (token) => sessionStorage.setItem(KEY, token.replace(/^Bearer /i, '').trim());

/** The message is the problem document's `detail`. */
class RequestError extends Error {
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
  const sentence = fields.length > 0 ? `${fields.join('; ')}.` : problem.detail;
  throw new RequestError(response.status, sentence ?? `The console responds with status ${response.status}.`);
};

export const get = async (path) => (await request(path)).json();

export const post = async (path, body) => {
  const headers = { 'Content-Type': 'application/json' };
  return (await request(path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
};

/** Reads an event stream until it ends; each event is one line `data: …`. */
const stream = async (path, receive, signal) => {
  const response = await request(path, { signal });
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line.startsWith('data: ')) receive(JSON.parse(line.slice('data: '.length)));
  }
};

const SILENT_AFTER_MS = 10_000;
const RECONNECT_AFTER_MS = 1_000;

/** Shows each status that the server sends, and reconnects; returns when the token is refused. */
export const followStatus = async (show) => {
  for (;;) {
    try {
      await followOnce(show);
      showConnection('lost', 'connection lost; reconnecting');
    } catch (error) {
      if (error.status === 401 || error.status === 403) {
        showConnection('lost', error.message);
        return;
      }
      showConnection('lost', 'the console does not respond; reconnecting');
    }
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_AFTER_MS));
  }
};

const followOnce = async (show) => {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENT_AFTER_MS);
  const receive = (status) => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENT_AFTER_MS);
    showConnection('live', 'live');
    show(status);
  };
  try {
    await stream('/api/events', receive, silence.signal);
  } finally {
    clearTimeout(timer);
  }
};

const showConnection = (state, sentence) => {
  const text = escapeUnsafe(sentence);
  const place = find('#connection');
  place.dataset.state = state;
  if (place.textContent !== text) place.textContent = text;
};
