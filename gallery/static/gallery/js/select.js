// Selecting photos in a grid, by pointer, keyboard and touch, and what is then done with all of them at once.

import { boxFor, hold, step } from './tile-parts.js';

const root = document.getElementById('selection');
const { url, csrf, label } = root.dataset;
// The server takes as many in one call (gallery/bulk.py).
const STEP = 500;
const UNDO_MS = 10_000;
// What takes photos off the page of a place.
const LEAVING = { timeline: 'archive', archive: 'unarchive', favourites: 'unfavourite' };

const chosen = new Set();
// Of what left the page, and of hearts that changed, since it was served: tiles that come back know nothing of it.
const gone = new Set();
const hearts = new Map();
const scope = document.getElementById('days') ?? document.querySelector('main');
// The photo from which a range is selected.
let anchor = null;
let bar = null;
let fetching = null;

const choosing = () => document.documentElement.classList.contains('choosing');
const tilesOf = (element) => [...element.querySelectorAll('.grid > li:not([hidden])')].filter((tile) => idOf(tile));
const allTiles = () => tilesOf(scope);
const linkOf = (tile) => tile?.querySelector(':scope > a');
const idIn = (path) => path?.match(/\/p\/([0-9a-f-]{36})\//)?.[1];
const idOf = (tile) => idIn(linkOf(tile)?.pathname);
const tileFor = (id) => (id ? allTiles().find((tile) => idOf(tile) === id) : null);
const tileOf = (target) => {
  const tile = target?.closest?.('.grid > li');
  return tile && scope.contains(tile) && idOf(tile) ? tile : null;
};

// The form for browsers without scripts gives way to this one.
const served = document.getElementById('bulk');
if (served) {
  served.remove();
  for (const box of scope.querySelectorAll('.choose')) box.remove();
}
dress();
if (served) mode(true);
scope.addEventListener('tiles', dress);
scope.addEventListener('click', click, { capture: true });
scope.addEventListener('change', check);
scope.addEventListener('keydown', key);
addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && bar?.isConnected && !document.querySelector('dialog[open], :popover-open')) clear();
});
scope.addEventListener('touchstart', touch, { passive: true });
document.querySelector('[data-select]')?.addEventListener('click', (event) => {
  event.preventDefault();
  mode(true);
});

// Every tile and every day gets a box; a tile that came back gets its mark again.
function dress() {
  for (const tile of allTiles()) {
    let box = tile.querySelector('.choose input');
    if (!box) {
      box = boxFor(`${label} ${tile.querySelector('img').alt}`);
      tile.append(box.parentElement);
    }
    const id = idOf(tile);
    box.checked = chosen.has(id);
    if (gone.has(id)) tile.hidden = true;
    if (hearts.has(id)) heart(tile, hearts.get(id));
  }
  for (const heading of scope.querySelectorAll('.day > h2')) {
    if (heading.querySelector('.choose')) continue;
    const box = boxFor(`${label} ${heading.textContent.trim()}`);
    box.parentElement.classList.add('all');
    heading.append(box.parentElement);
  }
  markDays();
}

// Every photo of the list in order, those included whose tiles the timeline has put away.
function allIds() {
  const found = [];
  for (const part of scope.querySelectorAll('.day.spare, .grid > li:not([hidden])')) {
    if (part.dataset.held) found.push(...part.dataset.held.split(' ').map(idIn).filter((id) => !gone.has(id)));
    else if (idOf(part)) found.push(idOf(part));
  }
  return found;
}

function pick(id, on) {
  if (on) chosen.add(id);
  else chosen.delete(id);
}

function set(tile, on) {
  pick(idOf(tile), on);
  const box = tile.querySelector('.choose input');
  if (box) box.checked = on;
}

function range(from, to) {
  const ids = allIds();
  const [one, other] = [ids.indexOf(from), ids.indexOf(to)].sort((a, b) => a - b);
  for (const id of one < 0 ? [to] : ids.slice(one, other + 1)) pick(id, true);
  dress();
}

function toggle(tile, extend) {
  if (extend && anchor) range(anchor, idOf(tile));
  else set(tile, extend || !chosen.has(idOf(tile)));
  anchor = idOf(tile);
  changed();
}

function click(event) {
  const tile = tileOf(event.target);
  if (!tile || event.target.closest('.choose input')) return;
  if (event.target.closest('.choose')) {
    // A click on the label comes again as one on its box.
    if (!event.shiftKey) return;
    event.preventDefault();
    toggle(tile, true);
    return;
  }
  const opens = event.button || event.ctrlKey || event.metaKey || event.altKey || !(event.shiftKey || choosing());
  if (!event.target.closest('a') || opens) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  toggle(tile, event.shiftKey);
}

let shift = false;
scope.addEventListener('pointerdown', (event) => { shift = event.shiftKey; }, { capture: true });

function check(event) {
  const box = event.target;
  if (!box.matches('.choose input')) return;
  const tile = tileOf(box);
  if (tile) {
    if (box.checked && shift && anchor) range(anchor, idOf(tile));
    set(tile, box.checked);
    anchor = idOf(tile);
  } else {
    const tiles = tilesOf(box.closest('.day'));
    for (const inside of tiles) set(inside, box.checked);
    anchor = idOf(tiles.at(-1));
  }
  changed();
}

async function changed() {
  markDays();
  await mode(chosen.size > 0 || choosing());
}

function markDays() {
  for (const box of scope.querySelectorAll('.all input')) {
    const tiles = tilesOf(box.closest('.day'));
    const count = tiles.filter((tile) => chosen.has(idOf(tile))).length;
    box.checked = count > 0 && count === tiles.length;
    box.indeterminate = count > 0 && count < tiles.length;
  }
}

function clear() {
  chosen.clear();
  for (const box of scope.querySelectorAll('.choose input')) {
    box.checked = false;
    box.indeterminate = false;
  }
  mode(false);
}

// The bar over the selection stands where the page's own bar was.
async function mode(on) {
  const header = document.querySelector('header.bar');
  document.documentElement.classList.toggle('choosing', on);
  if (!on) {
    header.inert = false;
    if (bar?.contains(document.activeElement)) linkOf(tileFor(anchor) ?? scope.querySelector('.grid > li:not([hidden])'))?.focus();
    bar?.remove();
    return;
  }
  fetching ??= bringBar();
  await fetching;
  if (!bar || !choosing()) return;
  if (!bar.isConnected) {
    document.body.prepend(bar);
    header.inert = true;
  }
  const status = bar.querySelector('[role="status"]');
  const words = status.dataset.words.replace('#', chosen.size.toLocaleString(document.documentElement.lang));
  // In a region that is there already, or nobody would be told.
  requestAnimationFrame(() => { status.textContent = words; });
}

async function bringBar() {
  const here = new URLSearchParams({ place: root.dataset.place ?? '', album: root.dataset.album ?? '' });
  const answer = await fetch(`${url}?${here}`, { headers: { 'X-Requested-Fragment': '1' } }).catch(() => null);
  if (!answer?.ok || answer.redirected) {
    fetching = null;
    return;
  }
  const part = document.createElement('template');
  part.innerHTML = await answer.text();
  bar = part.content.querySelector('form');
  bar.elements.next.value = location.pathname + location.search;
  bar.querySelector('[data-clear]').addEventListener('click', clear);
  bar.addEventListener('submit', submit);
}

function submit(event) {
  const { submitter } = event;
  if (submitter.value === 'share') {
    // All of them at once, which an address could not hold.
    bar.querySelector('input[name="ids"]')?.remove();
    bar.append(Object.assign(document.createElement('input'), { type: 'hidden', name: 'ids', value: [...chosen].join(',') }));
    submitter.setAttribute('formaction', bar.dataset.share);
    return;
  }
  event.preventDefault();
  if (chosen.size) act(submitter.value, [...chosen]);
}

// Sends the action in steps. Where the server asks something first, its form opens and is sent with each step.
async function act(action, ids, more = {}) {
  const done = [];
  let said = { message: '', undo: '' };
  for (let start = 0; start < ids.length; start += STEP) {
    const body = new FormData();
    for (const [name, value] of Object.entries({ csrfmiddlewaretoken: csrf, ...more, action })) body.append(name, value);
    if (root.dataset.album) body.append('album', root.dataset.album);
    for (const id of ids.slice(start, start + STEP)) body.append('photo', id);
    const answer = await fetch(url, { method: 'POST', body, headers: { 'X-Requested-Fragment': '1' } }).catch(() => null);
    const kind = answer?.headers.get('Content-Type') ?? '';
    if (kind.startsWith('text/html') && [200, 422].includes(answer.status) && !answer.redirected) {
      ask(await answer.text(), action, ids);
      return;
    }
    said = kind.startsWith('application/json') ? await answer.json() : { message: failed() };
    if (!answer?.ok) {
      toast(said.message);
      break;
    }
    if (said.location) {
      location.assign(said.location);
      return;
    }
    done.push(...said.done);
  }
  if (done.length) finish(action, done, said);
}

function failed() {
  return bar.querySelector('[data-failed]').content.textContent;
}

function ask(html, action, ids) {
  const panel = document.querySelector('dialog.panel') ?? document.createElement('dialog');
  panel.className = 'panel';
  panel.innerHTML = html;
  panel.setAttribute('aria-labelledby', 'bulk-heading');
  panel.querySelector('[data-cancel]').addEventListener('click', (event) => {
    event.preventDefault();
    panel.close();
  });
  panel.querySelector('form').addEventListener('submit', (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    delete given.photo;
    act(action, ids, given);
  });
  panel.addEventListener('close', () => panel.remove(), { once: true });
  if (!panel.open) {
    document.body.append(panel);
    panel.showModal();
  }
}

function finish(action, done, { message, undo }) {
  document.querySelector('dialog.panel')?.close();
  const ids = new Set(done);
  const touched = allTiles().filter((tile) => ids.has(idOf(tile)));
  const leaves = ['bin', 'unalbum', LEAVING[root.dataset.place]].includes(action);
  const next = leaves ? after(touched) : null;
  if (leaves) for (const id of ids) gone.add(id);
  for (const tile of leaves ? touched : []) tile.hidden = true;
  for (const day of scope.querySelectorAll('.day:not(.spare)')) day.hidden = !tilesOf(day).length;
  if (action.endsWith('favourite')) for (const id of ids) hearts.set(id, action === 'favourite');
  if (next) anchor = idOf(next);
  clear();
  if (next) linkOf(next).focus();
  toast(message, undo && (() => back(undo, done, touched)));
  if (action === 'time') scope.dispatchEvent(new CustomEvent('reload'));
}

function after(tiles) {
  const all = allTiles();
  const gone = new Set(tiles);
  const last = all.findLastIndex((tile) => gone.has(tile));
  return all.slice(last + 1).find((tile) => !gone.has(tile)) ?? all.slice(0, last).findLast((tile) => !gone.has(tile));
}

function heart(tile, on) {
  tile.querySelector('.badge:not(.kind)')?.remove();
  if (on && bar) linkOf(tile).append(bar.querySelector('[data-heart]').content.cloneNode(true));
}

async function back(action, ids, touched) {
  await act(action, ids);
  for (const id of ids) gone.delete(id);
  for (const tile of touched) {
    tile.hidden = false;
    tile.closest('.day')?.removeAttribute('hidden');
  }
  if (touched[0]?.isConnected) linkOf(touched[0]).focus();
}

function toast(message, undo) {
  const shown = bar.querySelector('[data-toast]').content.firstElementChild.cloneNode(true);
  shown.querySelector('[data-message]').textContent = message;
  const button = shown.querySelector('[data-undo]');
  if (undo) button.addEventListener('click', () => { shown.remove(); undo(); });
  else button.remove();
  shown.querySelector('[data-close]').addEventListener('click', () => shown.remove());
  const region = document.querySelector('.toasts');
  region.replaceChildren(shown);
  // Who is about to press it is not hurried.
  const leave = () => (shown.matches(':hover, :focus-within') ? setTimeout(leave, 2000) : shown.remove());
  setTimeout(leave, UNDO_MS);
}

// Keys, of a tile that has the focus. Those that are a letter can be turned off (WCAG 2.1.4).
function key(event) {
  const tile = tileOf(event.target);
  if (!tile || event.altKey || event.target.matches('input:not([type="checkbox"])')) return;
  const letters = document.documentElement.dataset.keys !== 'off';
  if (event.ctrlKey || event.metaKey) {
    if (event.key.toLowerCase() !== 'a') return;
    everything(tile);
  } else if (event.key === ' ' || (event.key === 'x' && letters)) {
    if (event.target.matches('input')) return;
    toggle(tile, false);
  } else if (event.key === 'f' && letters) {
    like(tile);
  } else if (event.key === 'Delete') {
    bringAnd(() => act('bin', chosen.size ? [...chosen] : [idOf(tile)]));
  } else {
    const target = step(allTiles(), tile, event.key);
    if (!target) return;
    if (event.shiftKey) {
      set(tile, true);
      set(target, true);
      anchor = idOf(target);
      changed();
    }
    linkOf(target).focus();
  }
  event.preventDefault();
}

function everything(tile) {
  const day = tilesOf(tile.closest('.day') ?? scope);
  const whole = day.every((one) => chosen.has(idOf(one))) ? allIds() : day.map(idOf);
  for (const id of whole) pick(id, true);
  dress();
  changed();
}

function like(tile) {
  const ids = chosen.size ? [...chosen] : [idOf(tile)];
  const liked = allTiles().filter((one) => ids.includes(idOf(one))).every((one) => one.querySelector('.badge:not(.kind)'));
  bringAnd(() => act(liked ? 'unfavourite' : 'favourite', ids).then(() => linkOf(tile).focus()));
}

async function bringAnd(then) {
  fetching ??= bringBar();
  await fetching;
  if (bar) then();
}

// A long press selects; the finger that stays down and moves on selects what lies between.
function touch(event) {
  const tile = tileOf(event.target);
  if (!tile || event.touches.length > 1) return;
  const before = new Set(chosen);
  hold(scope, event, {
    start() {
      anchor = idOf(tile);
      set(tile, true);
      changed();
    },
    over(element) {
      const there = tileOf(element);
      for (const id of there ? [...chosen] : []) if (!before.has(id)) chosen.delete(id);
      if (there) range(anchor, idOf(there));
      changed();
    },
  });
}
