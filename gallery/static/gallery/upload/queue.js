// The order of work: hash, announce in batches, send a few at once, finish, wait for the worker. Knows no HTML.
// Fires `change` (detail: the item) for every step, and `settled` when nothing is left to do.

import { BATCH, TransportError } from './transport.js';

const SENDING = 5;
const TRIES = 3;
const GATHER_MS = 2000;
const FINISH_MS = 300;
const POLLS_MS = [1000, 2000, 4000, 8000];
const ENDED = new Set(['ready', 'exists', 'refused', 'failed']);

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const online = () => navigator.onLine
  || new Promise((resolve) => addEventListener('online', resolve, { once: true }));

export class UploadQueue extends EventTarget {
  items = [];
  #transport;
  #hasher;
  #toHash = [];
  #toStart = [];
  #toSend = [];
  #toFinish = [];
  #processing = new Map();
  #hashing = false;
  #sending = 0;
  #timers = {};
  #polls = 0;

  constructor(transport, hasher, { maxBytes = Infinity } = {}) {
    super();
    this.#transport = transport;
    this.#hasher = hasher;
    this.maxBytes = maxBytes;
  }

  get busy() {
    return this.items.some((item) => !ENDED.has(item.state));
  }

  // Bytes are leaving or about to: closing the page now would lose work. Processing goes on without it.
  get moving() {
    return this.items.some((item) => ['waiting', 'hashing', 'uploading', 'offline'].includes(item.state));
  }

  add(files) {
    for (const file of files) {
      const item = { ref: String(this.items.length), file, state: 'waiting', sent: 0, tries: 0, signedAgain: false };
      this.items.push(item);
      if (file.size > this.maxBytes) {
        const mb = (bytes) => Math.ceil(bytes / 1048576);
        this.#set(item, 'refused', `Too large: ${mb(file.size)} MB, the limit is ${mb(this.maxBytes)} MB`);
      } else if (file.size === 0) {
        this.#set(item, 'refused', 'The file is empty');
      } else {
        this.#toHash.push(item);
        this.#set(item, 'waiting');
      }
    }
    this.#hashAll();
  }

  retry(item) {
    Object.assign(item, { tries: 0, sent: 0, signedAgain: false });
    this.#set(item, 'waiting');
    if (item.sha256) this.#announceSoon(item);
    else this.#toHash.push(item);
    this.#hashAll();
  }

  #set(item, state, detail = '') {
    Object.assign(item, { state, detail });
    this.dispatchEvent(new CustomEvent('change', { detail: item }));
    if (!this.busy) this.dispatchEvent(new Event('settled'));
  }

  #later(name, ms, work) {
    this.#timers[name] ??= setTimeout(() => {
      this.#timers[name] = undefined;
      work();
    }, ms);
  }

  async #hashAll() {
    if (this.#hashing) return;
    this.#hashing = true;
    for (let item = this.#toHash.shift(); item; item = this.#toHash.shift()) {
      this.#set(item, 'hashing');
      try {
        item.sha256 = await this.#hasher.hash(item.file);
        this.#set(item, 'waiting');
        this.#announceSoon(item);
      } catch {
        this.#set(item, 'failed', 'The file cannot be read: choose it again');
      }
    }
    this.#hashing = false;
    if (this.#toStart.length) this.#announce();
  }

  #announceSoon(item) {
    this.#toStart.push(item);
    if (this.#toStart.length >= BATCH || !this.#hashing) this.#announce();
    else this.#later('start', GATHER_MS, () => this.#announce());
  }

  async #announce() {
    const batch = this.#toStart.splice(0, BATCH);
    if (!batch.length) return;
    const files = batch.map(({ ref, file, sha256 }) => ({
      client_ref: ref,
      filename: file.name,
      bytes: file.size,
      content_type: file.type,
      sha256,
      modified_at: file.lastModified ? new Date(file.lastModified).toISOString() : null,
    }));
    const results = await this.#persist(batch, () => this.#transport.start(files));
    const byRef = new Map(results?.map((result) => [result.client_ref, result]));
    for (const item of results ? batch : []) this.#started(item, byRef.get(item.ref));
    if (this.#toStart.length >= BATCH) this.#announce();
  }

  #started(item, result) {
    if (result?.status === 'upload') {
      item.id = result.upload.id;
      item.request = result.request;
      this.#toSend.push(item);
      this.#send();
    } else if (result?.status === 'exists') {
      item.image = result.image;
      if (!result.image && result.upload) this.#await(item, result.upload.id);
      else this.#set(item, 'exists');
    } else {
      this.#set(item, 'refused', result?.detail ?? 'The server gave no answer for this file');
    }
  }

  #send() {
    while (this.#sending < SENDING && this.#toSend.length) {
      this.#sending += 1;
      this.#sendOne(this.#toSend.shift()).finally(() => {
        this.#sending -= 1;
        this.#send();
      });
    }
  }

  async #sendOne(item) {
    this.#set(item, 'uploading');
    const progress = (sent) => {
      item.sent = Math.min(sent, item.file.size);
      this.#set(item, 'uploading');
    };
    try {
      await this.#transport.put(item.request, item.file, progress);
      item.sent = item.file.size;
      this.#set(item, 'processing');
      this.#toFinish.push(item);
      this.#later('finish', FINISH_MS, () => this.#finish());
    } catch (error) {
      await this.#notSent(item, error);
    }
  }

  async #notSent(item, error) {
    item.sent = 0;
    if (error.status === 403 && !item.signedAgain) {
      item.signedAgain = true;
      this.#set(item, 'waiting');
      this.#announceSoon(item);
      return;
    }
    item.tries += 1;
    if (!error.passing || item.tries >= TRIES) {
      this.#set(item, 'failed', error.message);
      return;
    }
    if (!navigator.onLine) this.#set(item, 'offline');
    await online();
    await pause(1000 * 2 ** item.tries);
    this.#toSend.unshift(item);
  }

  async #finish() {
    const batch = this.#toFinish.splice(0, BATCH);
    const results = await this.#persist(batch, () => this.#transport.finish(batch.map(({ id }) => id)));
    const byId = new Map(results?.map((result) => [result.id, result]));
    for (const item of results ? batch : []) this.#became(item, byId.get(item.id));
    if (this.#toFinish.length) this.#later('finish', FINISH_MS, () => this.#finish());
  }

  #became(item, result) {
    if (result?.state === 'ready') {
      item.image = result.image;
      this.#set(item, 'ready');
    } else if (result?.state === 'rejected') {
      this.#set(item, 'refused', result.reason);
    } else if (result?.state === 'processing') {
      this.#await(item, item.id);
    } else {
      this.#set(item, 'failed', result?.reason || 'The file did not arrive');
    }
  }

  #await(item, id) {
    item.id = id;
    this.#processing.set(id, item);
    this.#set(item, 'processing');
    this.#polls = 0;
    this.#pollLater();
  }

  #pollLater() {
    const wait = POLLS_MS[Math.min(this.#polls, POLLS_MS.length - 1)];
    this.#later('poll', wait, () => this.#poll());
  }

  async #poll() {
    this.#polls += 1;
    const ids = [...this.#processing.keys()].slice(0, BATCH);
    try {
      for (const result of await this.#transport.state(ids)) {
        const item = this.#processing.get(result.id);
        if (!item || result.state === 'processing') continue;
        this.#processing.delete(result.id);
        this.#became(item, result);
      }
    } catch (error) {
      if (!(error instanceof TransportError && error.passing)) {
        for (const id of ids) this.#set(this.#processing.get(id), 'failed', error.message);
        for (const id of ids) this.#processing.delete(id);
      }
    }
    if (this.#processing.size) this.#pollLater();
  }

  // Asks the server, again where the failure may pass; marks the batch as failed and gives null where it does not.
  async #persist(batch, ask) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof TransportError) || !error.passing || tries >= TRIES) {
          for (const item of batch) this.#set(item, 'failed', error.message);
          return null;
        }
        await online();
        await pause(1000 * 2 ** tries);
      }
    }
  }
}
