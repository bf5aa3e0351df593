// How files get from the browser into the library: announce, send to the store, finish, ask what became of them.
// Nothing here knows of the list or of retries; a failure is a TransportError.

import { say } from './words.js';

export const BATCH = 100;
// Browsers open no more connections to one host by HTTP/1.1.
const AT_ONCE = 6;
// A line that died without a word: nothing has moved for so long.
const SILENCE_MS = 60_000;

export class TransportError extends Error {
  constructor(message, { status = 0, code = '' } = {}) {
    super(message);
    this.status = status;
    this.code = code;
  }

  // Worth another try by itself: no connection, a busy server, too many requests.
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

}

// Why a request was broken off that somebody paused or cancelled.
export const STOPPED = new TransportError('Stopped.');

export class Transport {
  moved = 0; // Bytes that went over the line, for the rate.
  #free = AT_ONCE;
  #waiting = [];

  // root: the address of the library, under which the API is; scope: whose it is, and the album.
  constructor({ root, csrf, scope, album }) {
    this.root = root;
    this.csrf = csrf;
    [this.user] = scope.split('/');
    this.album = album ?? null;
  }

  // files: [{client_ref, filename, bytes, content_type, sha256, modified_at}], at most BATCH.
  async start(files) {
    return (await this.#ask('POST', '', { files, album: this.album })).results;
  }

  async finish(ids) {
    return (await this.#ask('POST', 'finish/', { uploads: ids })).results;
  }

  async state(ids) {
    return (await this.#ask('GET', `?ids=${ids.join(',')}`)).results;
  }

  giveUp(id) {
    return this.#ask('DELETE', `${id}/`);
  }

  // {part_bytes, part_count, whole, parts: [{number, bytes}]}: what of a large file stands in the store.
  arrived(id) {
    return this.#ask('GET', `${id}/parts/`);
  }

  // parts: [{number, sha256}], at most BATCH; gives [{number, bytes, request}].
  async signParts(id, parts) {
    return (await this.#ask('POST', `${id}/parts/`, { parts })).parts;
  }

  // Sends bytes once it is their turn; `progress` is told how many have gone. 412 says that they are there already.
  async put(request, bytes, { progress, signal }) {
    if (this.#free) this.#free -= 1;
    else await new Promise((resolve) => { this.#waiting.push(resolve); });
    try {
      await this.#send(request, bytes, progress, signal);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }

  async #send({ method, url, headers }, bytes, progress, signal) {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    let gone = 0;
    let silence;
    const lost = () => new TransportError(say('lost'));
    await new Promise((resolve, reject) => {
      const stop = (reason) => { reject(reason); request.abort(); };
      const listen = () => {
        clearTimeout(silence);
        silence = setTimeout(() => stop(lost()), SILENCE_MS);
      };
      request.open(method, url);
      for (const [name, value] of Object.entries(headers)) {
        if (name.toLowerCase() !== 'content-length') request.setRequestHeader(name, value);
      }
      request.upload.addEventListener('progress', ({ loaded }) => {
        this.moved += loaded - gone;
        gone = loaded;
        listen();
        progress(loaded);
      });
      request.addEventListener('load', () => {
        const { status } = request;
        if ((status >= 200 && status < 300) || status === 412) resolve();
        else if (status >= 500) reject(new TransportError(say('busy', { status }), { status }));
        else reject(new TransportError(say('store_refused', { status }), { status }));
      });
      request.addEventListener('error', () => reject(lost()));
      signal.addEventListener('abort', () => stop(signal.reason), { once: true });
      listen();
      request.send(bytes);
    }).finally(() => clearTimeout(silence));
  }

  async #ask(method, address, body) {
    let answer = await this.#fetch(method, address, body);
    if (answer.status === 403 && await this.#newToken()) answer = await this.#fetch(method, address, body);
    const data = await answer.json().catch(() => ({}));
    if (answer.ok) return data;
    const signedOut = answer.status === 401 || data.code === 'not_authenticated';
    const words = signedOut ? say('signed_out') : data.detail;
    throw new TransportError(words ?? say('answered', { status: answer.status }), { status: answer.status, code: data.code });
  }

  async #fetch(method, address, body) {
    const headers = { Accept: 'application/json', 'X-CSRFToken': this.csrf };
    if (body) headers['Content-Type'] = 'application/json';
    try {
      return await fetch(`${this.root}api/uploads/${address}`, {
        method, headers, body: body && JSON.stringify(body), credentials: 'same-origin',
      });
    } catch {
      throw new TransportError(say('lost'));
    }
  }

  // Whoever signed in again in another tab has another token, which the upload page tells. Somebody else's stays unused:
  // these files are not meant for their library.
  async #newToken() {
    const answer = await fetch(`${this.root}upload/`, { credentials: 'same-origin' }).catch(() => null);
    const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), 'text/html');
    const found = page && page.getElementById('uploader')?.dataset;
    if (found?.scope !== this.user) return false;
    this.csrf = found.csrf;
    return true;
  }
}
