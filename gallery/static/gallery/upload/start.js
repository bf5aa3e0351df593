// Wires the queue to the page: the choosers of the upload page, or a tray over the library.

import { filesOf } from './files.js';
import { Hasher } from './hasher.js';
import { UploadList } from './list.js';
import { UploadQueue } from './queue.js';
import { Transport } from './transport.js';

const root = document.getElementById('uploader');
const chooser = document.querySelector('[data-chooser]');
let queue = null;

if (chooser) openChooser();

// found: [{entry, file}] of a drop, or of a chooser with no entries.
export async function receive(found) {
  const files = await filesOf(found);
  if (!files.length) return;
  queue ??= begin();
  queue.add(files);
}

function begin() {
  const { csrf, album, worker, maxBytes } = root.dataset;
  const made = new UploadQueue(new Transport({ csrf, album }), new Hasher(worker), {
    maxBytes: maxBytes ? Number(maxBytes) : Infinity,
  });
  const list = new UploadList(made, { done: after });
  if (!chooser) openTray();
  root.append(list.root);
  addEventListener('beforeunload', (event) => {
    if (made.moving) event.preventDefault();
  });
  return made;
}

// The library does without the styles of the list until there is one.
function openTray() {
  root.className = 'tray';
  const sheet = document.createElement('link');
  Object.assign(sheet, { rel: 'stylesheet', href: root.dataset.styles });
  document.head.append(sheet);
}

function after(here) {
  if (!here) return [];
  const link = document.createElement('a');
  link.className = 'button primary';
  link.href = root.dataset.album ? `/albums/${root.dataset.album}/` : '/';
  link.textContent = 'Show them';
  return [link];
}

function openChooser() {
  chooser.hidden = false;
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
