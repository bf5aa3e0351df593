// The viewer: PhotoSwipe behind open(link). What a photo is and what may be done with it comes from its own page, as
// the part that it answers a script with. More than looking is in viewer-more.js.

import PhotoSwipe from '../../vendor/photoswipe/photoswipe.js';
import { fetchPart } from './part.js';

const HIDE_AFTER = 3000;
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const wide = matchMedia('(min-width: 64em)');
let current = null;
let leaving = false;

// Back and Forward, of which the page itself must not hear.
export function popped(event) {
  const inside = history.state?.viewer;
  if (!inside && !current && !leaving) return;
  event.stopImmediatePropagation();
  leaving = false;
  if (inside && !current) location.reload();
  if (!inside) current?.back();
}

// Opens the viewer at a tile, among all tiles of the page; elsewhere at the page's photo, from which it goes on.
// `release` ends the holding of keys, and returns those that were pressed too early.
export async function open(link, release) {
  if (current) {
    release?.();
    return;
  }
  current = true;
  try {
    const items = [...document.querySelectorAll('.grid > li > a')].map(fromTile);
    const at = items.findIndex(({ tile }) => tile === link);
    const viewer = new Viewer(at < 0 ? [{ url: location.href }] : items, Math.max(at, 0), at < 0);
    await Promise.all([viewer.load(viewer.items[viewer.at]), style()]);
    current = viewer;
    await viewer.start(() => {
      for (const event of release?.() ?? []) viewer.root.dispatchEvent(new KeyboardEvent('keydown', event));
    });
  } catch (error) {
    current = null;
    throw error;
  }
}

function fromTile(tile) {
  const image = tile.querySelector('img');
  const [w, h] = ['width', 'height'].map((name) => image.getAttribute(name));
  const scale = 2560 / Math.max(w, h);
  return { url: tile.href, tile, alt: image.alt, thumb: image.currentSrc, w: Math.round(w * scale), h: Math.round(h * scale) };
}

async function style() {
  const missing = document.body.dataset.viewerStyles.split(' ').filter((href) => !document.querySelector(`link[href="${href}"]`));
  await Promise.all(missing.map((href) => new Promise((onload, onerror) => {
    document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href, onload, onerror }));
  })));
}

class Viewer {
  constructor(items, at, walks) {
    const page = (rel) => document.querySelector(`main a[rel="${rel}"]:not(.turn)`)?.href;
    // The pages before and after these items: the grid below grows by itself.
    const pages = { next: page('next'), prev: page('prev') };
    Object.assign(this, { items, at, walks, pages, fromTile, timers: {}, gone: [] });
  }

  // Fetches what is to be known of a photo, once.
  load(item) {
    item.loading ??= fetchPart(item.url).then((part) => this.know(item, part)).catch((error) => {
      item.loading = null;
      throw error;
    });
    return item.loading;
  }

  know(item, part) {
    const { width, height, src, srcset, alt, animation, video } = part.dataset;
    Object.assign(item, {
      part, alt, w: +width, h: +height, src: animation ?? src, srcset: animation ? '' : srcset, type: video ? 'video' : 'image',
    });
    if (!this.places) this.build(part);
    // What plays it has to be there before it is shown.
    return video && this.more('still');
  }

  async start(listens) {
    const { items } = this;
    if (this.walks) await this.more('walk', items[0]);
    const swipe = new PhotoSwipe({
      dataSource: items, index: this.at, loop: false, bgOpacity: 1, preload: [1, 2], mainClass: 'viewer',
      returnFocus: false,
      showHideAnimationType: calm.matches ? 'none' : 'zoom', bgClickAction: 'toggle-controls', clickToCloseNonZoomable: false,
      tapAction: () => this.bar(this.root.classList.contains('idle')), errorMsg: this.words.failed,
      getViewportSizeFn: () => this.room(),
    });
    this.swipe = swipe;
    swipe.addFilter('thumbEl', (found, { tile }) => (tile?.isConnected ? tile.querySelector('img') : found));
    swipe.addFilter('placeholderSrc', (found, { data }) => data.thumb || found);
    swipe.on('contentLoad', (event) => event.content.data.type === 'video' && this.extra.film(event));
    swipe.on('contentLoadImage', (event) => event.content.data.src || event.preventDefault());
    swipe.on('contentDeactivate', ({ content }) => content.element?.querySelector('video')?.pause());
    swipe.on('pointerDown', () => this.shown.part?.dataset.live && this.more('hold'));
    swipe.on('pointerUp', () => this.extra?.still());
    swipe.on('zoomPanUpdate', ({ slide }) => slide.currZoomLevel > slide.zoomLevels.fit && this.more('sharpen', slide));
    // Only after this event has gone round does PhotoSwipe listen.
    swipe.on('openingAnimationEnd', () => setTimeout(listens));
    swipe.on('keydown', (event) => this.key(event));
    swipe.on('change', () => this.changed());
    swipe.on('close', () => this.closing());
    swipe.on('destroy', () => this.end());
    if (calm.matches) {
      const move = swipe.mainScroll.moveIndexBy.bind(swipe.mainScroll);
      swipe.mainScroll.moveIndexBy = (by) => move(by);
    }
    history.pushState({ viewer: true }, '', items[this.at].url);
    this.scrolls = history.scrollRestoration;
    history.scrollRestoration = 'manual';
    swipe.init();
    this.root = swipe.element;
    this.root.append(...this.ours);
    // Here a swipe may begin on them.
    swipe.scrollWrap.append(this.buttons.prev, this.buttons.next);
    Object.assign(this.root, { ariaModal: 'true', ariaLabel: this.words.name });
    this.inert = [...document.body.children].filter((one) => one !== this.root && !one.inert);
    for (const one of this.inert) one.inert = true;
    for (const kind of ['pointermove', 'pointerdown', 'keydown', 'focusin']) this.root.addEventListener(kind, () => this.bar(true));
    this.changed();
    this.bar(true);
  }

  // The bar and the panel.
  build(part) {
    const chrome = part.querySelector('[data-chrome]').cloneNode(true);
    const one = (selector) => chrome.querySelector(selector);
    this.words = chrome.dataset;
    this.ours = [...chrome.children];
    this.places = { acts: one('.acts'), about: one('.about') };
    this.status = one('p');
    this.said = one('.said');
    this.count = one('.viewer-count');
    this.pace = one('.pace');
    this.buttons = {};
    for (const button of chrome.querySelectorAll('button')) {
      const name = button.dataset.do;
      this.buttons[name] = button;
      button.addEventListener('click', () => this.act(name));
    }
    this.places.acts.addEventListener('submit', (event) => {
      if (this.extra) return;
      event.preventDefault();
      this.more('send', event.target, event.submitter);
    });
  }

  act(name) {
    if (name === 'info' || name === 'play') this.more(name);
    else this.swipe[name]();
  }

  // Does what is in the other module.
  async more(name, ...rest) {
    this.extra ??= await import(this.words.more).then(({ More }) => this.extra ?? new More(this));
    return this.extra[name](...rest);
  }

  // The panel takes its room from the photos: at the side, or on a small screen from below.
  room() {
    const { clientWidth: x } = document.documentElement;
    if (this.places.about.hidden) return { x, y: innerHeight };
    return wide.matches ? { x: x - 360, y: innerHeight } : { x, y: innerHeight * 0.42 };
  }

  // Another photo is in the middle.
  changed() {
    const { swipe, items } = this;
    const item = items[swipe.currIndex];
    if (!this.root || this.shown === item) return;
    this.shown = item;
    this.extra?.still();
    if (location.href !== item.url) history.replaceState({ viewer: true }, '', item.url);
    this.show(item);
    for (const by of [1, -1, 2]) if (items[swipe.currIndex + by]) this.show(items[swipe.currIndex + by]);
    if (this.walks || swipe.currIndex > items.length - 4 || swipe.currIndex < 2) this.more('reach');
  }

  async show(item) {
    const { part: knew } = item;
    try {
      await this.load(item);
    } catch {
      if (item === this.shown) this.status.textContent = this.words.failed;
      return;
    }
    if (!this.swipe.isOpen || this.swipe.isDestroying) return;
    if (!knew) this.refresh(item);
    if (item !== this.shown) return;
    this.places.acts.replaceChildren(...item.part.querySelector('[data-acts]').cloneNode(true).childNodes);
    this.tell(item);
    this.extra?.shown();
    if (item.part.dataset.turn) this.more('turning');
  }

  tell(item) {
    const at = this.items.indexOf(item);
    const total = this.items.length;
    this.buttons.prev.hidden = !at;
    this.buttons.next.hidden = at === total - 1;
    this.status.textContent = item.alt;
    if (this.walks) return;
    this.count.textContent = `${at + 1} / ${total}`;
    this.status.textContent = this.words.position.replace('{n}', at + 1).replace('{total}', total).replace('{alt}', () => item.alt);
  }

  // Once its addresses are known a photo is loaded: into its place, or ahead.
  refresh(item) {
    const { swipe } = this;
    const at = this.items.indexOf(item);
    if (Math.abs(at - swipe.currIndex) < 2) {
      swipe.refreshSlideContent(at);
    } else {
      swipe.contentLoader.removeByIndex(at);
      swipe.contentLoader.loadSlideByIndex(at);
    }
  }

  has(element) {
    return this.ours.some((one) => one.contains(element));
  }

  key(event) {
    const { originalEvent: pressed } = event;
    const { key, target } = pressed;
    const isLetter = key.length === 1 && key !== ' ';
    const typing = target.closest('input, textarea, select, video');
    if (pressed.altKey || pressed.ctrlKey || pressed.metaKey || (typing && key !== 'Escape') || (isLetter && !this.words.letters)) {
      event.preventDefault();
    } else if (key === ' ' && !target.closest('button, a, summary')) {
      pressed.preventDefault();
      this.act('play');
    } else if (isLetter || key === 'Delete') {
      this.more('press', key);
    }
  }

  // The bar is there while something moves, and never goes while the focus is in it.
  bar(visible) {
    clearTimeout(this.timers.bar);
    this.root.classList.toggle('idle', !visible);
    if (!visible) return;
    this.timers.bar = setTimeout(() => this.bar(this.has(document.activeElement)), HIDE_AFTER);
  }

  // While it opens, PhotoSwipe does not close.
  back() {
    this.left = true;
    if (this.swipe.opener.isOpening) this.swipe.on('openingAnimationEnd', () => this.swipe.close());
    else this.swipe.close();
  }

  closing() {
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
    for (const one of this.inert) one.inert = false;
    leaving = !this.left;
    if (leaving) history.back();
  }

  // The focus goes to the photo that was seen last.
  end() {
    for (const { tile } of this.gone) tile?.closest('li').remove();
    const { tile } = this.shown;
    const last = tile?.isConnected ? tile : document.querySelector('[data-open]') ?? document.getElementById('main');
    // Until it is gone, PhotoSwipe holds the focus.
    setTimeout(() => {
      history.scrollRestoration = this.scrolls;
      last.focus({ preventScroll: true });
      last.scrollIntoView({ block: 'nearest' });
    });
    current = null;
    // While it closed, one went forward again.
    if (!leaving && history.state?.viewer) location.reload();
  }
}
