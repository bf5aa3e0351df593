// What every page does beyond HTML: closing messages, the menu in place, the theme in place, taking dropped files.

for (const button of document.querySelectorAll('[data-dismiss]')) {
  button.hidden = false;
  button.addEventListener('click', () => button.parentElement.remove());
}

// The menu is a page; here it opens over this one, fetched when it is first wanted.
const menuLink = document.querySelector('.bar > [data-menu]');
let menu = null;
let opener = null;
let closed = -Infinity;
for (const link of document.querySelectorAll('[data-menu]')) {
  link.setAttribute('role', 'button');
  link.setAttribute('aria-expanded', 'false');
  link.addEventListener('keydown', (event) => {
    if (event.key !== ' ') return;
    event.preventDefault();
    link.click();
  });
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || !HTMLElement.prototype.showPopover) return;
    event.preventDefault();
    // The press of a click on the opener has closed the menu already: it is meant to stay closed.
    if (link !== opener || event.timeStamp - closed > 400) openMenu(link);
  });
}

async function openMenu(link) {
  try {
    menu ??= await fetchMenu(link.href);
  } catch {
    location.assign(link.href);
    return;
  }
  opener = link;
  menu.showPopover();
  link.setAttribute('aria-expanded', 'true');
  menu.querySelector('a, button').focus();
}

function menuToggled(event) {
  if (event.newState === 'open') return;
  closed = event.timeStamp;
  opener.setAttribute('aria-expanded', 'false');
  if (menu.contains(document.activeElement)) opener.focus();
}

async function fetchMenu(href) {
  const here = new URLSearchParams({ next: location.pathname + location.search });
  const answer = await fetch(`${href}?${here}`, { headers: { 'X-Requested-Fragment': '1' } });
  if (!answer.ok || answer.redirected) throw new Error(answer.status);
  const found = document.createElement('nav');
  found.className = 'menu';
  found.popover = 'auto';
  found.ariaLabel = document.querySelector('[data-menu][aria-label]').ariaLabel;
  found.innerHTML = await answer.text();
  found.addEventListener('beforetoggle', menuToggled);
  document.body.append(found);
  return found;
}

document.addEventListener('submit', async (event) => {
  const { submitter, target: form } = event;
  if (!submitter?.value || !form.matches('[data-theme-form]')) return;
  event.preventDefault();
  const body = new FormData(form, submitter);
  document.documentElement.dataset.theme = submitter.value;
  for (const button of form.elements.theme) button.setAttribute('aria-pressed', String(button === submitter));
  const answer = await fetch(form.action, { method: 'POST', body, redirect: 'manual' }).catch(() => null);
  // Not remembered by the server: let the browser send the form and show what is wrong.
  if (answer?.type !== 'opaqueredirect') HTMLFormElement.prototype.submit.call(form);
});

// Selecting is of no use before the page stands: its module comes when the browser has nothing better to do.
const selection = document.getElementById('selection');
if (selection) addEventListener('load', () => (window.requestIdleCallback ?? setTimeout)(() => import(selection.dataset.module)));

// Keys of every page. They are letters, so that they can be turned off (WCAG 2.1.4).
let going = false;
addEventListener('keydown', (event) => {
  const { dataset } = document.documentElement;
  if (dataset.keys === 'off' || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.target.closest('input, textarea, select, dialog[open], [contenteditable], .pswp')) return;
  const went = going;
  going = event.key === 'g';
  if (went && event.key === 'p') location.assign(document.querySelector('.brand').href);
  else if (went && event.key === 'a') document.querySelector('.tabs [data-albums]')?.click();
  else if (event.key === '/') toSearch(event);
  else if (event.key === '?' && menuLink) help(new URL('keys/', menuLink.href));
});

function toSearch(event) {
  const field = document.querySelector('.find input');
  event.preventDefault();
  if (field?.checkVisibility()) field.focus();
  else document.querySelector('.find-phone')?.click();
}

async function help(url) {
  const answer = await fetch(url, { headers: { 'X-Requested-Fragment': '1' } }).catch(() => null);
  if (!answer?.ok) {
    location.assign(url);
    return;
  }
  const panel = document.createElement('dialog');
  panel.className = 'panel';
  panel.innerHTML = await answer.text();
  panel.setAttribute('aria-labelledby', 'keys');
  panel.addEventListener('close', () => panel.remove());
  panel.querySelector('[data-close]').addEventListener('click', (event) => {
    event.preventDefault();
    panel.close();
  });
  document.body.append(panel);
  panel.showModal();
}

let viewer = null;
// Here, so that it is asked before what else listens.
addEventListener('popstate', (event) => viewer?.popped(event));

// The viewer opens over a grid. With a key held down, or where it cannot be had, the link leads to the photo's page.
document.addEventListener('click', async (event) => {
  const link = event.target.closest?.('.grid > li > a');
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const release = holdKeys();
  try {
    viewer = await import(document.body.dataset.viewer);
    await viewer.open(link, release);
  } catch {
    location.assign(link.href);
  }
});

// What is pressed before the viewer listens is meant for it.
function holdKeys() {
  const early = [];
  const hold = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    early.push(event);
  };
  addEventListener('keydown', hold, true);
  return () => {
    removeEventListener('keydown', hold, true);
    return early;
  };
}

const uploader = document.getElementById('uploader');
if (uploader) {
  takeDroppedFiles(uploader);
  goOn(uploader);
}

// A reload or a crash has interrupted uploads: the module says what is missing.
function goOn({ dataset }) {
  try {
    if (localStorage.getItem('unfinished-uploads') === dataset.scope) import(dataset.module);
  } catch {
    // A browser that keeps nothing has nothing to go on with.
  }
}

function takeDroppedFiles(root) {
  let veil = null;
  const holdsFiles = (event) => event.dataTransfer?.types.includes('Files');
  const lift = () => {
    veil?.remove();
    veil = null;
    document.body.classList.remove('dropping');
  };
  const bring = async (found) => {
    const { receive } = await import(root.dataset.module);
    await receive(found);
  };
  addEventListener('dragover', (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    if (veil) return;
    document.body.classList.add('dropping');
    veil = document.createElement('div');
    veil.className = 'veil';
    veil.append(Object.assign(document.createElement('p'), { textContent: root.dataset.veil }));
    document.body.append(veil);
  });
  addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) lift();
  });
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape') lift();
  });
  addEventListener('drop', (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    lift();
    // Entries are gone once this handler returns, so that they are taken before the module is fetched.
    bring([...event.dataTransfer.items]
      .filter((item) => item.kind === 'file')
      .map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() })));
  });
  addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length && !event.target.closest?.('input, textarea')) bring(files.map((file) => ({ entry: null, file })));
  });
}

// Installed on a phone, the pages seen last can be opened without a network.
const worker = document.querySelector('link[rel=manifest]')?.dataset.worker;
if (worker) addEventListener('load', () => navigator.serviceWorker?.register(worker).catch(() => {}));
