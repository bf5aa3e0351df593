// The list of files with their progress, the total above it, and what is said to screen readers.

const WORDS = {
  waiting: 'Waiting',
  hashing: 'Reading',
  uploading: 'Uploading',
  offline: 'Waiting for a connection',
  processing: 'Being prepared',
  ready: 'Ready',
  exists: 'Already in your library',
};
const SHOWN = /^image\/(jpeg|png|webp|avif|gif)$/;
const TITLE = document.title;
const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`);

function element(name, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

export class UploadList {
  #queue;
  #rows = new Map();
  #changed = new Set();
  #said = 0;

  constructor(queue, { done }) {
    this.#queue = queue;
    this.done = done;
    this.files = element('ul', { className: 'files' });
    this.bar = element('progress', { max: 1, value: 0 });
    this.bar.setAttribute('aria-label', 'All files');
    this.text = element('span');
    this.retry = element('button', { className: 'button', type: 'button', hidden: true });
    this.retry.addEventListener('click', () => this.#retryAll());
    this.after = element('span');
    this.status = element('p', { className: 'hidden', role: 'status' });
    const total = element('div', { className: 'progress' },
      element('div', { className: 'line' }, this.text, this.retry, this.after), this.bar);
    this.root = element('section', {}, total, this.files, this.status);
    this.root.setAttribute('aria-label', 'Uploads');
    queue.addEventListener('change', ({ detail }) => this.#note(detail));
    queue.addEventListener('settled', () => this.#note(null));
  }

  // Many steps come between two frames: each row is drawn once.
  #note(item) {
    if (!this.#changed.size) requestAnimationFrame(() => this.#draw());
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
    const percent = Math.floor((100 * item.sent) / (item.file.size || 1));
    const sending = item.state === 'uploading';
    row.state.textContent = item.detail || `${WORDS[item.state]}${sending ? ` ${percent} % of ${size(item.file.size)}` : ''}`;
    row.bar.hidden = !sending;
    row.bar.value = item.sent;
    row.action.replaceChildren(...this.#action(item));
  }

  #action(item) {
    if (item.image?.url && ['ready', 'exists'].includes(item.state)) {
      const view = element('a', { className: 'button', href: item.image.url, textContent: 'View' });
      view.setAttribute('aria-label', `View ${item.file.name}`);
      return [view];
    }
    if (item.state !== 'failed') return [];
    const again = element('button', { className: 'button', type: 'button', textContent: 'Retry' });
    again.setAttribute('aria-label', `Retry ${item.file.name}`);
    again.addEventListener('click', () => this.#queue.retry(item));
    return [again];
  }

  #drawTotal() {
    const { items, busy } = this.#queue;
    const count = (...states) => items.filter((item) => states.includes(item.state)).length;
    const [here, refused, failed] = [count('ready', 'exists'), count('refused'), count('failed')];
    const wanted = items.filter((item) => item.state !== 'refused');
    const sum = (number) => wanted.reduce((total, item) => total + number(item), 0);
    const all = sum((item) => item.file.size);
    const sent = sum((item) => (['ready', 'exists'].includes(item.state) ? item.file.size : item.sent));
    const part = all ? sent / all : 1;
    const percent = Math.floor(100 * part);
    this.bar.value = part;
    this.text.textContent = `${here} of ${items.length} photos in your library · ${size(sent)} of ${size(all)}`;
    this.retry.hidden = !failed || busy;
    this.retry.textContent = `Retry ${failed} failed`;
    document.title = busy ? `(${percent} %) ${TITLE}` : TITLE;
    this.#say(busy, percent, `${here} photos are in your library.`
      + `${refused ? ` ${refused} refused.` : ''}${failed ? ` ${failed} failed.` : ''}`);
    if (!busy) this.after.replaceChildren(...this.done(here));
  }

  // Every tenth of the way and at the end; more would talk over everything else.
  #say(busy, percent, end) {
    const step = busy ? Math.floor(percent / 10) : 11;
    if (step === this.#said) return;
    this.#said = step;
    this.status.textContent = busy ? `${step * 10} % uploaded` : end;
  }

  #retryAll() {
    for (const item of this.#queue.items) if (item.state === 'failed') this.#queue.retry(item);
  }
}
