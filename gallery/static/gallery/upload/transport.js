// How files get from the browser into the library: announce, send to the store, finish, ask what became of them.
// Nothing here knows of the list or of retries; a failure is a TransportError.

const API = '/api/uploads/';
export const BATCH = 100;

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

export class Transport {
  constructor({ csrf, album }) {
    this.csrf = csrf;
    this.album = album ?? null;
  }

  // files: [{client_ref, filename, bytes, content_type, sha256, modified_at}], at most BATCH.
  async start(files) {
    return (await this.#ask('POST', API, { files, album: this.album })).results;
  }

  async finish(ids) {
    return (await this.#ask('POST', `${API}finish/`, { uploads: ids })).results;
  }

  async state(ids) {
    return (await this.#ask('GET', `${API}?ids=${ids.join(',')}`)).results;
  }

  // Sends the bytes; `progress` is told how many have gone. 412 says that they are there already.
  put({ method, url, headers }, file, progress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, url);
      for (const [name, value] of Object.entries(headers)) {
        if (name.toLowerCase() !== 'content-length') request.setRequestHeader(name, value);
      }
      request.upload.addEventListener('progress', (event) => progress(event.loaded));
      request.addEventListener('load', () => {
        const { status } = request;
        if ((status >= 200 && status < 300) || status === 412) resolve();
        else reject(new TransportError(`The store refused the file (${status}).`, { status }));
      });
      request.addEventListener('error', () => reject(new TransportError('The connection was lost.')));
      request.send(file);
    });
  }

  async #ask(method, url, body) {
    const headers = { Accept: 'application/json', 'X-CSRFToken': this.csrf };
    if (body) headers['Content-Type'] = 'application/json';
    let answer;
    try {
      answer = await fetch(url, { method, headers, body: body && JSON.stringify(body), credentials: 'same-origin' });
    } catch {
      throw new TransportError('The connection was lost.');
    }
    const data = await answer.json().catch(() => ({}));
    if (answer.ok) return data;
    const signedOut = answer.status === 401 || data.code === 'not_authenticated';
    const words = signedOut ? 'You are signed out: sign in again in another tab, then retry.' : data.detail;
    throw new TransportError(words ?? `The server answered ${answer.status}.`, { status: answer.status, code: data.code });
  }
}
