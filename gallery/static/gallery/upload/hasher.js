// Gives the checksum of a file, from a worker; from the page itself where a worker may not be started.

import { sha256 } from './digest.js';

export class Hasher {
  #worker = null;
  #waiting = new Map();
  #next = 0;

  constructor(workerUrl) {
    try {
      this.#worker = new Worker(workerUrl, { type: 'module' });
    } catch {
      return; // Static files of another origin: a worker must be of ours.
    }
    this.#worker.addEventListener('message', ({ data }) => this.#settle(data));
    this.#worker.addEventListener('error', () => this.#abandon());
  }

  hash(file) {
    if (!this.#worker) return sha256(file);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { file, resolve, reject });
      this.#worker.postMessage({ id, file });
    });
  }

  #settle({ id, sha256: found, error }) {
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (found) resolve(found);
    else reject(new Error(error));
  }

  #abandon() {
    this.#worker.terminate();
    this.#worker = null;
    for (const { file, resolve, reject } of this.#waiting.values()) sha256(file).then(resolve, reject);
    this.#waiting.clear();
  }
}
