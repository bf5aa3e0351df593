// The order of work: hash, announce in batches, send a few at once, finish, wait for the worker. Knows no HTML.
// Fires `change` (detail: the item, or null for all of them) for every step, and `settled` when nothing is left to do.

import { sendParts } from './parts.js';
import { BATCH, STOPPED, TransportError } from './transport.js';
import { say, size } from './words.js';

const SENDING = 6;
// Signatures expire: no more is announced while so many files wait to be sent.
const AHEAD = 25;
const TRIES = 3;
const GATHER_MS = [1000, 3000, 9000];
const FINISH_MS = 300;
const POLLS_MS = [1000, 2000, 4000, 8000];
const ENDED = new Set(['ready', 'exists', 'binned', 'refused', 'failed', 'cancelled']);
const UNSENT = new Set(['waiting', 'hashing', 'uploading', 'offline']);

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const online = () => navigator.onLine
  || new Promise((resolve) => addEventListener('online', resolve, { once: true }));

export class UploadQueue extends EventTarget {
  items = [];
  paused = false;
  #transport;
  #hasher;
  #toHash = [];
  #toStart = [];
  #toSend = [];
  #toFinish = [];
  #processing = new Map();
  #hashing = false;
  #announcing = false;
  #gathered = 0;
  #sending = 0;
  #timers = {};
  #polls = 0;

  constructor(transport, hasher, { maxBytes = Infinity } = {}) {
    super();
    this.#transport = transport;
    this.#hasher = hasher;
    this.maxBytes = maxBytes;
    addEventListener('online', () => this.#go());
    addEventListener('offline', () => this.#tell(null));
  }

  get busy() {
    return this.items.some((item) => !ENDED.has(item.state));
  }

  // Bytes are leaving or about to: closing the page now would lose work. Processing goes on without it.
  get moving() {
    return this.items.some((item) => UNSENT.has(item.state));
  }

  get moved() {
    return this.#transport.moved;
  }

  get offline() {
    return !navigator.onLine;
  }

  add(files) {
    for (const file of files) {
      const item = { ref: String(this.items.length), file, sent: 0, tries: 0, signedAgain: false };
      this.items.push(item);
      if (file.size > this.maxBytes) {
        this.#set(item, 'refused', say('too_large', { size: size(file.size), limit: size(this.maxBytes) }));
      } else if (file.size === 0) {
        this.#set(item, 'refused', say('empty'));
      } else {
        this.#toHash.push(item);
        this.#set(item, 'waiting');
      }
    }
    this.#hashAll();
  }

  // What was cancelled or failed begins again.
  retry(item) {
    Object.assign(item, { tries: 0, sent: 0, signedAgain: false });
    this.#set(item, 'waiting');
    if (item.sha256) this.#announceSoon(item);
    else this.#toHash.push(item);
    this.#hashAll();
  }

  // Nothing more leaves until it is resumed; of large files the parts that have arrived stay.
  pause() {
    this.paused = true;
    for (const item of this.items) if (item.state === 'uploading') item.control.abort(STOPPED);
    this.#tell(null);
  }

  resume() {
    this.paused = false;
    this.#go();
  }

  cancel(item) {
    if (!UNSENT.has(item.state)) return;
    for (const list of [this.#toHash, this.#toStart, this.#toSend]) {
      if (list.includes(item)) list.splice(list.indexOf(item), 1);
    }
    this.#set(item, 'cancelled');
    item.control?.abort(STOPPED);
    this.#giveUp(item.id);
  }

  // Where the server cannot be told, it forgets by itself what never came.
  #giveUp(id) {
    if (id) this.#transport.giveUp(id).catch(() => {});
  }

  #go() {
    this.#hashAll();
    this.#announce();
    this.#send();
    this.#tell(null);
  }

  #set(item, state, detail = '') {
    Object.assign(item, { state, detail });
    this.#tell(item);
    if (ENDED.has(state) && !this.busy) this.dispatchEvent(new Event('settled'));
  }

  #tell(item) {
    this.dispatchEvent(new CustomEvent('change', { detail: item }));
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
    while (this.#toHash.length && !this.paused) {
      const item = this.#toHash.shift();
      this.#set(item, 'hashing');
      try {
        item.sha256 = await this.#hasher.hash(item.file);
        if (item.state !== 'cancelled') this.#hashed(item);
      } catch {
        if (item.state !== 'cancelled') this.#set(item, 'failed', say('unreadable'));
      }
    }
    this.#hashing = false;
    this.#gathered = 0;
    this.#announce();
  }

  #hashed(item) {
    const lost = new Set(['refused', 'failed', 'cancelled']);
    const same = this.items.find((other) => other !== item && other.sha256 === item.sha256 && !lost.has(other.state));
    if (same) {
      this.#set(item, 'exists', say('same', { name: same.file.name }));
    } else {
      this.#set(item, 'waiting');
      this.#announceSoon(item);
    }
  }

  // The first soon, so that sending begins; the others in larger batches.
  #announceSoon(item) {
    this.#toStart.push(item);
    if (this.#toStart.length >= BATCH || !this.#hashing) this.#announce();
    else this.#later('start', GATHER_MS[Math.min(this.#gathered, 2)], () => this.#announce());
  }

  async #announce() {
    if (this.#announcing || this.paused || this.#toSend.length >= AHEAD) return;
    this.#announcing = true;
    while (this.#toStart.length && this.#toSend.length < AHEAD) {
      this.#gathered += 1;
      await this.#announceBatch(this.#toStart.splice(0, BATCH));
      if (this.#hashing && this.#toStart.length < BATCH) break;
    }
    this.#announcing = false;
  }

  async #announceBatch(batch) {
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
    for (const item of results ? batch : []) {
      if (item.state === 'cancelled') this.#giveUp(byRef.get(item.ref)?.upload?.id);
      else this.#started(item, byRef.get(item.ref));
    }
  }

  #started(item, result) {
    if (result?.status === 'upload') {
      item.id = result.upload.id;
      item.request = result.request;
      // What expired once goes first, before it does again.
      if (item.signedAgain) this.#toSend.unshift(item);
      else this.#toSend.push(item);
      this.#send();
    } else if (result?.status === 'exists') {
      item.image = result.image;
      if (!result.image && result.upload) this.#await(item, result.upload.id);
      else this.#set(item, result.code === 'in_bin' ? 'binned' : 'exists');
    } else {
      this.#set(item, 'refused', result?.detail ?? say('unanswered'));
    }
  }

  #send() {
    while (!this.paused && !this.offline && this.#sending < SENDING && this.#toSend.length) {
      this.#sending += 1;
      this.#sendOne(this.#toSend.shift()).finally(() => {
        this.#sending -= 1;
        this.#send();
      });
    }
    if (this.#toStart.length && !this.#hashing) this.#announce();
  }

  async #sendOne(item) {
    item.control = new AbortController();
    this.#set(item, 'uploading');
    const { signal } = item.control;
    const progress = (sent) => {
      if (signal.aborted) return;
      item.sent = Math.min(sent, item.file.size);
      this.#tell(item);
    };
    // Whatever gets further may fail as often again.
    const arrived = () => Object.assign(item, { tries: 0, signedAgain: false });
    try {
      const [transport, hasher] = [this.#transport, this.#hasher];
      if (item.request) await transport.put(item.request, item.file, { progress, signal });
      else await sendParts(item, { transport, hasher, progress, arrived, signal });
      item.sent = item.file.size;
      if (item.state === 'cancelled') return;
      this.#set(item, 'processing');
      this.#toFinish.push(item);
      this.#later('finish', FINISH_MS, () => this.#finish());
    } catch (error) {
      await this.#notSent(item, error);
    }
  }

  async #notSent(item, error) {
    if (item.state === 'cancelled') return;
    if (item.request) item.sent = 0;
    const again = (state, detail) => { this.#set(item, state, detail); this.#toSend.unshift(item); };
    if (error === STOPPED) again('waiting');
    else if (this.offline) again('offline');
    else if (error.status === 403 && !item.signedAgain) {
      item.signedAgain = true;
      this.#set(item, 'waiting');
      this.#announceSoon(item);
    } else {
      item.tries += 1;
      if (!error.passing || item.tries >= TRIES) {
        this.#set(item, 'failed', error.message);
        return;
      }
      this.#set(item, 'waiting', `${error.message} Trying again.`);
      await pause(500 * 2 ** item.tries);
      if (item.state !== 'cancelled') this.#toSend.unshift(item);
    }
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
      this.#set(item, 'failed', result?.reason || say('not_arrived'));
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
    for (let tries = 0; ;) {
      await online();
      try {
        return await ask();
      } catch (error) {
        if (!this.offline) tries += 1;
        if (!(error instanceof TransportError) || !error.passing || tries >= TRIES) {
          for (const item of batch) if (item.state !== 'cancelled') this.#set(item, 'failed', error.message);
          return null;
        }
        await pause(500 * 2 ** tries);
      }
    }
  }
}
