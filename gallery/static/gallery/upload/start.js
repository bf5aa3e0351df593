// Wires the queue to the page: the choosers of the upload page, or a tray over the library.

import { filesOf } from './files.js';
import { Hasher } from './hasher.js';
import { UploadList } from './list.js';
import { Memory } from './memory.js';
import { UploadQueue } from './queue.js';
import { Transport } from './transport.js';
import { load, say } from './words.js';

const ARRIVED = new Set(['processing', 'ready', 'exists', 'binned']);

const root = document.getElementById('uploader');
const chooser = document.querySelector('[data-chooser]');
const shared = new Map();
const memory = new Memory(root.dataset.scope);
let queue = null;
let notice = null;

if (chooser) openChooser();
const remembered = remember();

// found: [{entry, file}] of a drop, or of a chooser with no entries.
export async function receive(found) {
  const files = await filesOf(found);
  if (!files.length) return;
  await Promise.all([remembered, load(root.dataset.words)]);
  notice?.remove();
  await memory.expect(files);
  queue ??= begin();
  queue.add(files);
}

function begin() {
  const { root: address, csrf, scope, album, worker, maxBytes, bin } = root.dataset;
  const made = new UploadQueue(new Transport({ root: address, csrf, scope, album }), new Hasher(worker), {
    maxBytes: maxBytes ? Number(maxBytes) : Infinity,
  });
  const list = new UploadList(made, { done: after, bin });
  openTray();
  root.append(list.root);
  addEventListener('beforeunload', (event) => {
    if (made.moving) event.preventDefault();
  });
  keep(made);
  return made;
}

// Each file is noted once it has arrived, and forgotten when it is refused or cancelled.
function keep(made) {
  const noted = new Map();
  made.addEventListener('change', ({ detail: item }) => {
    if (!item || noted.get(item) === item.state) return;
    noted.set(item, item.state);
    if (ARRIVED.has(item.state)) memory.arrived(item.file);
    if (ARRIVED.has(item.state) || ['refused', 'cancelled'].includes(item.state)) shared.get(item.file)?.();
    if (['refused', 'cancelled'].includes(item.state)) memory.drop(item.file);
  });
  made.addEventListener('settled', async () => {
    if (!(await memory.left()).missing.length) memory.forget();
  });
}

// What an earlier visit left unfinished.
async function remember() {
  const { all, missing } = await memory.left();
  if (!missing.length) {
    await memory.forget();
    return;
  }
  await load(root.dataset.words);
  openTray();
  const text = document.createElement('p');
  text.textContent = say('choose_again', { done: all - missing.length, all });
  const names = document.createElement('details');
  names.append(document.createElement('summary'), missing.slice(0, 500).join(', '));
  names.firstChild.textContent = say('missing', { count: missing.length });
  const forget = document.createElement('button');
  Object.assign(forget, { className: 'button', type: 'button', textContent: say('forget') });
  forget.addEventListener('click', () => { notice.remove(); memory.forget(); });
  notice = document.createElement('section');
  notice.className = 'unfinished';
  notice.setAttribute('aria-label', say('unfinished'));
  notice.append(text, names, forget);
  root.prepend(notice);
}

// Where there is no chooser the list floats; such a page does without its styles until then.
function openTray() {
  if (chooser || root.className) return;
  root.className = 'tray';
  const sheet = document.createElement('link');
  Object.assign(sheet, { rel: 'stylesheet', href: root.dataset.styles });
  document.head.append(sheet);
}

function after(here) {
  if (!here) return [];
  const { root: address, album } = root.dataset;
  const link = document.createElement('a');
  link.className = 'button primary';
  link.href = album ? `${address}albums/${album}/` : address;
  link.textContent = say('show');
  return [link];
}

// What a phone shared, or another site sent: a person says that it is to be added.
async function offerShared(offer) {
  const waiting = await globalThis.caches?.open('shared');
  const names = await waiting?.keys() ?? [];
  if (!names.length) return;
  const files = await Promise.all(names.map(async (name) => {
    const answer = await waiting.match(name);
    const blob = await answer.blob();
    const file = new File([blob], decodeURIComponent(answer.headers.get('X-Name')), { type: blob.type });
    shared.set(file, () => waiting.delete(name));
    return file;
  }));
  offer.querySelector('[data-names]').textContent = files.map((file) => file.name).join(', ');
  offer.querySelector('[data-add]').addEventListener('click', () => {
    offer.hidden = true;
    receive(files.map((file) => ({ entry: null, file })));
  });
  offer.querySelector('[data-discard]').addEventListener('click', () => {
    offer.hidden = true;
    for (const forget of shared.values()) forget();
  });
  offer.hidden = false;
}

function openChooser() {
  chooser.hidden = false;
  const offer = document.querySelector('[data-shared]');
  if (offer) offerShared(offer);
  for (const button of chooser.querySelectorAll('[data-choose]')) {
    const input = chooser.querySelector(`[data-input="${button.dataset.choose}"]`);
    button.addEventListener('click', () => input.click());
    input.addEventListener('change', async () => {
      const files = [...input.files];
      input.value = '';
      await receive(files.map((file) => ({ entry: null, file })));
    });
  }
}
