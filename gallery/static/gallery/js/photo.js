// The photo page: keys and swiping, the neighbours' pictures fetched ahead, forms in place, the viewer over it.

import { fetchPart } from './part.js';
import { sendInPlace, showIn } from './parts.js';

const LOOK_AGAIN = 1000;
const link = (rel) => document.querySelector(`.turn[rel="${rel}"]`);
const back = document.querySelector('[data-back]');
const places = { acts: document.querySelector('[data-acts]'), about: document.querySelector('[data-about]') };
const rtl = document.documentElement.dir === 'rtl';
const picture = document.querySelector('[data-whole]');
const said = document.querySelector('[data-status]');

const opener = document.querySelector('[data-open]');
opener.hidden = !picture;
let viewer = null;
const openViewer = async () => {
  viewer = await import(document.body.dataset.viewer);
  viewer.open(opener);
};
// Back to an address that this page is not of: it was reloaded within the viewer, whose grid is gone.
const { letters, address = location.pathname } = document.querySelector('.stage').dataset;
const stay = () => viewer || location.pathname === address || location.reload();
addEventListener('popstate', (event) => {
  viewer?.popped(event);
  stay();
});
stay();
opener.addEventListener('click', openViewer);
picture?.addEventListener('click', openViewer);

addEventListener('keydown', (event) => {
  const { key, target } = event;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || document.querySelector('.pswp')) return;
  if (target.closest('input, textarea, select, video, details[open]')) return;
  if (key === (rtl ? 'ArrowRight' : 'ArrowLeft')) link('prev')?.click();
  if (key === (rtl ? 'ArrowLeft' : 'ArrowRight')) link('next')?.click();
  if (key === 'Escape') back.click();
  if (key.length === 1 && !letters) return;
  if (key === 'i') places.about.querySelector('summary')?.focus();
  const control = places.acts.querySelector(`[data-key="${CSS.escape(key)}"]`);
  (control?.requestSubmit ?? control?.click)?.call(control);
});

// Back to the very place in the grid, where one came from there.
back.addEventListener('click', (event) => {
  const from = document.referrer && new URL(document.referrer);
  const grid = new URL(back.href).pathname;
  if (event.ctrlKey || event.metaKey || event.shiftKey || !from) return;
  if (from.origin !== location.origin || from.pathname !== grid) return;
  event.preventDefault();
  history.back();
});

const frame = document.querySelector('.frame');
let touch = null;
frame.addEventListener('touchstart', ({ touches }) => {
  touch = touches.length === 1 && visualViewport.scale === 1 ? touches[0] : null;
}, { passive: true });
frame.addEventListener('touchend', ({ changedTouches }) => {
  if (!touch) return;
  const across = changedTouches[0].clientX - touch.clientX;
  const down = changedTouches[0].clientY - touch.clientY;
  if (Math.abs(across) > 60 && Math.abs(across) > 2 * Math.abs(down)) link((across > 0) !== rtl ? 'prev' : 'next')?.click();
  touch = null;
});

addEventListener('load', () => {
  for (const turn of document.querySelectorAll('.turn[data-srcset]')) {
    const image = new Image();
    image.fetchPriority = 'low';
    image.sizes = picture?.sizes ?? '';
    image.srcset = turn.dataset.srcset;
  }
});

sendInPlace(places, (part) => {
  if (part.matches('[data-gone]')) {
    // The page is of a photo that is in the bin: on, as the browser itself would go.
    location.assign((link('next') ?? link('prev') ?? back).href);
    return;
  }
  said.textContent = part.querySelector('[data-said]').textContent;
  turning(part);
});

// A picture that is being turned is shown turned, until the server has made it so.
let waiting = 0;
function turning({ dataset }) {
  clearTimeout(waiting);
  if (!picture) return;
  const { turn, src, srcset, width, height } = dataset;
  if (turn === undefined) {
    Object.assign(picture, { src, srcset });
    picture.width = width;
    picture.height = height;
    picture.style.rotate = '';
    picture.style.scale = '';
    document.querySelector('.stage').style.setProperty('--r', width / height);
    return;
  }
  const { clientWidth, clientHeight } = picture;
  picture.style.rotate = `${turn}deg`;
  picture.style.scale = turn % 180 ? Math.min(frame.clientWidth / clientHeight, frame.clientHeight / clientWidth) : 1;
  waiting = setTimeout(async () => {
    const part = await fetchPart(location.href).catch(() => null);
    if (part && part.dataset.turn === undefined) {
      showIn(places, part);
      said.textContent = part.querySelector('[data-turn-failed]')?.textContent ?? '';
    }
    turning(part ?? { dataset });
  }, LOOK_AGAIN);
}

const { turn } = document.querySelector('.stage').dataset;
if (turn) turning({ dataset: { turn } });
for (const map of places.about.querySelectorAll('[data-minimap]')) import(map.dataset.minimap).then(({ mount }) => mount(map));
