// The list of files with their progress, the total above it, and what is said to screen readers.

import { Pace } from './pace.js';
import { duration, percent, say, size, speed } from './words.js';

const DRAW_MS = 50;
const STOPPABLE = ['waiting', 'hashing', 'uploading', 'offline'];
const OUT = ['refused', 'cancelled', 'binned'];
const SHOWN = /^image\/(jpeg|png|webp|avif|gif)$/;
const TITLE = document.title;

function element(name, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

function button(text, click) {
  const made = element('button', { className: 'button', type: 'button', textContent: text });
  made.addEventListener('click', click);
  return made;
}

export class UploadList {
  #queue;
  #rows = new Map();
  #changed = new Set();
  #pace = new Pace();
  #tick = null;
  #said = 0;

  // done: gives what to show at the end, from the number of photos that are there; bin: the address of the bin.
  constructor(queue, { done, bin }) {
    this.#queue = queue;
    this.done = done;
    this.bin = bin;
    this.files = element('ul', { className: 'files' });
    this.bar = element('progress', { max: 1, value: 0 });
    this.bar.setAttribute('aria-label', say('all_files'));
    this.text = element('span');
    this.retry = button('', () => this.#each('failed', (item) => queue.retry(item)));
    this.hold = button(say('pause'), () => (queue.paused ? queue.resume() : queue.pause()));
    this.stop = button(say('cancel_all'), () => this.#cancelAll());
    this.after = element('span');
    this.status = element('p', { className: 'hidden', role: 'status' });
    const total = element('div', { className: 'progress' },
      element('div', { className: 'line' }, this.text, this.hold, this.stop, this.retry, this.after), this.bar);
    this.root = element('section', {}, total, this.files, this.status);
    this.root.setAttribute('aria-label', say('uploads'));
    queue.addEventListener('change', ({ detail }) => this.#note(detail));
    queue.addEventListener('settled', () => this.#note(null));
  }

  // Many steps come at once: each row is drawn once. Not by frames, of which a tab in the background has none.
  #note(item) {
    if (!this.#changed.size) setTimeout(() => this.#draw(), DRAW_MS);
    this.#changed.add(item);
  }

  #draw() {
    for (const item of this.#changed) if (item) this.#drawRow(item);
    this.#changed.clear();
    this.#drawTotal();
  }

  #row(item) {
    const name = element('div', { className: 'name', textContent: item.file.name, title: item.file.name });
    const row = {
      state: element('div', { className: 'state' }),
      bar: element('progress', { max: item.file.size || 1 }),
      action: element('div'),
    };
    row.bar.setAttribute('aria-label', item.file.name);
    row.root = element('li', {}, this.#thumb(item.file), element('div', {}, name, row.state, row.bar), row.action);
    this.files.append(row.root);
    this.#rows.set(item, row);
    return row;
  }

  #thumb(file) {
    const image = element('img', { className: 'thumb', alt: '', loading: 'lazy', decoding: 'async', width: 48, height: 48 });
    if (SHOWN.test(file.type)) image.src = URL.createObjectURL(file);
    else image.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==';
    image.addEventListener('load', () => URL.revokeObjectURL(image.src), { once: true });
    return image;
  }

  #drawRow(item) {
    const row = this.#rows.get(item) ?? this.#row(item);
    row.root.dataset.state = item.state;
    const sending = item.state === 'uploading';
    row.state.textContent = item.detail || say(item.state, {
      percent: percent(Math.floor((100 * item.sent) / (item.file.size || 1))), size: size(item.file.size),
    });
    row.bar.hidden = !sending;
    row.bar.value = item.sent;
    const action = this.#actionOf(item);
    // A button that is drawn anew loses the focus.
    if (row.kind === action?.key) return;
    row.kind = action?.key;
    row.action.replaceChildren(...(action ? [this.#actionElement(item, action)] : []));
  }

  #actionOf(item) {
    if (item.state === 'binned') return { key: 'open_bin', href: this.bin };
    if (item.image && ['ready', 'exists'].includes(item.state)) return { key: 'view', href: item.image.url };
    if (item.state === 'failed') return { key: 'retry', click: () => this.#queue.retry(item) };
    return STOPPABLE.includes(item.state) ? { key: 'cancel', click: () => this.#queue.cancel(item) } : null;
  }

  #actionElement(item, { key, href, click }) {
    const text = say(key);
    const made = href ? element('a', { className: 'button', href, textContent: text }) : button(text, click);
    if (key !== 'open_bin') made.setAttribute('aria-label', say(`${key}_one`, { name: item.file.name }));
    return made;
  }

  #drawTotal() {
    const { items, busy, moving, paused, offline, moved } = this.#queue;
    const count = (...states) => items.filter((item) => states.includes(item.state)).length;
    const [here, failed] = [count('ready', 'exists'), count('failed')];
    const apart = ['refused', 'failed', 'cancelled'].filter((state) => count(state));
    const wanted = items.filter((item) => !OUT.includes(item.state));
    const sum = (number) => wanted.reduce((total, item) => total + number(item), 0);
    const all = sum((item) => item.file.size);
    const sent = sum((item) => (['ready', 'exists'].includes(item.state) ? item.file.size : item.sent));
    const part = all ? sent / all : 1;
    this.bar.value = part;
    this.text.textContent = [
      say('of_library', { here, count: items.length }), say('sizes', { sent: size(sent), all: size(all) }),
      ...apart.map((state) => say(`count_${state}`, { count: count(state) })),
      ...this.#speed({ moving, held: paused || offline, moved, rest: all - sent }),
      ...(moving && offline ? [say('unconnected')] : []), ...(moving && paused ? [say('paused')] : []),
    ].join(' · ');
    this.hold.hidden = this.stop.hidden = !moving;
    this.hold.textContent = say(paused ? 'resume' : 'pause');
    this.retry.hidden = !failed || busy;
    this.retry.textContent = say('retry_failed', { count: failed });
    const hundredths = Math.floor(100 * part);
    document.title = busy ? `(${percent(hundredths)}) ${TITLE}` : TITLE;
    this.#say(busy, hundredths, [say('in_library', { count: here }),
      ...['binned', ...apart].filter((state) => count(state)).map((state) => say(`count_${state}`, { count: count(state) }))].join('. ').concat('.'));
    this.after.replaceChildren(...(busy ? [] : this.done(here)));
  }

  #speed({ moving, held, moved, rest }) {
    if (!moving || held) {
      this.#pace.stop();
      return [];
    }
    // Where nothing moves nothing is told: the rate falls by itself.
    this.#tick ??= setTimeout(() => { this.#tick = null; this.#note(null); }, 1000);
    this.#pace.note(moved);
    const { rate } = this.#pace;
    return rate ? [speed(rate), say('left', { time: duration(rest / rate) })] : [];
  }

  // Every tenth of the way and at the end; more would talk over everything else.
  #say(busy, hundredths, end) {
    const step = busy ? Math.floor(hundredths / 10) : 11;
    if (step === this.#said) return;
    this.#said = step;
    this.status.textContent = busy ? say('percent_uploaded', { percent: percent(step * 10) }) : end;
  }

  #each(state, act) {
    for (const item of this.#queue.items) if (item.state === state) act(item);
  }

  #cancelAll() {
    const open = this.#queue.items.filter((item) => STOPPABLE.includes(item.state));
    if (!confirm(say('confirm_cancel', { count: open.length }))) return;
    for (const item of open) this.#queue.cancel(item);
  }
}
