// What the viewer does beyond showing photos: its panel, forms in place, the slideshow, live photos, pages further on.

import { fetchPart, parse } from './part.js';
import { send, sendInPlace, showIn } from './parts.js';

const LOOK_AGAIN = 1000;
const SAID_FOR = 10_000;

export class More {
  constructor(viewer) {
    this.viewer = viewer;
    this.took = (part) => this.take(part);
    sendInPlace(viewer.places, this.took);
    viewer.places.about.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.info();
    });
  }

  press(key) {
    if (key === 'i') {
      this.info();
      return;
    }
    const control = this.viewer.places.acts.querySelector(`[data-key="${CSS.escape(key)}"]`);
    (control?.requestSubmit ?? control?.click)?.call(control);
  }

  send(form, submitter) {
    send(form, submitter, this.viewer.places, this.took);
  }

  info() {
    const { places, buttons, root, swipe } = this.viewer;
    const opens = places.about.hidden;
    const held = places.about.contains(document.activeElement);
    places.about.hidden = !opens;
    buttons.info.ariaExpanded = String(opens);
    root.classList.toggle('with-info', opens);
    swipe.updateSize(true);
    if (opens) this.shown();
    else if (held) buttons.info.focus();
  }

  shown() {
    const { places, shown } = this.viewer;
    if (!places.about.hidden && shown.part) showIn(places, shown.part);
  }

  // On to the photos that are not in the page: by the pages of its grid, or from neighbour to neighbour.
  async reach() {
    const { viewer } = this;
    const { swipe, items, walks, shown } = viewer;
    if (walks) {
      await viewer.load(shown).catch(() => {});
      if (shown.part && this.walk(shown)) this.arrived();
      return;
    }
    if (swipe.currIndex > items.length - 4) await this.turnPage('next');
    if (swipe.currIndex < 2) await this.turnPage('prev');
  }

  walk(item) {
    const { items } = this.viewer;
    const before = items.length;
    const { newer, older } = item.part.dataset;
    const far = (href) => ({ url: new URL(href, location).href, w: 3, h: 2 });
    if (older && item === items.at(-1)) items.push(far(older));
    if (newer && item === items[0]) this.prepend([far(newer)]);
    return items.length > before;
  }

  async turnPage(side) {
    const { viewer } = this;
    const { pages } = viewer;
    const href = pages[side];
    if (!href) return;
    pages[side] = null;
    try {
      const answer = await fetch(href);
      const page = parse(await answer.text());
      const known = new Set(viewer.items.map(({ url }) => url));
      const found = [...page.querySelectorAll('.grid > li > a')].map(viewer.fromTile).filter(({ url }) => !known.has(url));
      // Its own base would be ours, and a base element is forbidden.
      const onward = page.querySelector(`main a[rel="${side}"]:not(.turn)`)?.getAttribute('href');
      pages[side] = onward && new URL(onward, answer.url).href;
      if (side === 'next') viewer.items.push(...found);
      else this.prepend(found);
      this.arrived();
    } catch {
      pages[side] = href;
    }
  }

  arrived() {
    const { viewer } = this;
    if (viewer.swipe?.isDestroying) return;
    const { swipe } = viewer;
    const holders = swipe?.mainScroll.itemHolders ?? [];
    for (const place of [0, 2]) if (holders[place] && !holders[place].slide) swipe.setContent(holders[place], swipe.currIndex - 1 + place);
    viewer.shown = null;
    viewer.changed();
  }

  // All that counts from the first photo counts on.
  prepend(found) {
    const { viewer } = this;
    const { swipe, items } = viewer;
    const by = found.length;
    for (let at = items.length - 1; swipe && at >= 0; at -= 1) {
      const content = swipe.contentLoader.getContentByIndex(at);
      if (content) content.index += by;
    }
    items.unshift(...found);
    if (!swipe) {
      viewer.at += by;
      return;
    }
    for (const { slide } of swipe.mainScroll.itemHolders) if (slide) slide.index += by;
    swipe.currIndex += by;
    swipe.potentialIndex += by;
  }

  film(event) {
    const { content } = event;
    event.preventDefault();
    const { video: src, src: poster, alt } = content.data.part.dataset;
    content.element = Object.assign(document.createElement('div'), { className: 'pswp__content viewer-video' });
    const film = Object.assign(document.createElement('video'), {
      src, poster, controls: true, playsInline: true, preload: 'metadata', ariaLabel: alt,
    });
    // Its controls take what is pressed on them; a swipe begins above.
    film.addEventListener('pointerdown', (press) => press.clientY > film.getBoundingClientRect().bottom - 80 && press.stopPropagation());
    content.element.append(film);
    content.onLoaded();
  }

  // Past one pixel to a pixel the owner sees the original itself.
  sharpen({ content, currZoomLevel, width }) {
    const { original, largest } = content.data.part?.dataset ?? {};
    if (!original || content.sharp || currZoomLevel * width * devicePixelRatio <= +largest) return;
    content.sharp = true;
    content.element.srcset += `,${original} ${width}w`;
    content.element.sizes = `${width}px`;
  }

  // A press and hold moves what is a live photo.
  hold() {
    const { viewer } = this;
    const { live: src } = viewer.shown.part.dataset;
    this.still();
    this.timer = setTimeout(() => {
      this.clip = Object.assign(document.createElement('video'), { className: 'viewer-live', src, autoplay: true, playsInline: true });
      viewer.root.append(this.clip);
    }, 300);
  }

  still() {
    clearTimeout(this.timer);
    this.clip?.remove();
    this.clip = null;
  }

  // A picture that is being turned is shown turned, until the server has made it so.
  turning() {
    const { viewer } = this;
    const { shown: item, swipe, timers } = viewer;
    clearTimeout(timers.turn);
    const { turn } = item.part.dataset;
    const { element } = swipe.currSlide.content;
    if (turn === undefined) {
      viewer.refresh(item);
      return;
    }
    const { x, y } = viewer.room();
    const scale = turn % 180 ? Math.min(x / element.clientHeight, y / element.clientWidth) : 1;
    Object.assign(element.style, { rotate: `${turn}deg`, scale });
    timers.turn = setTimeout(async () => {
      const part = await fetchPart(item.url).catch(() => item.part);
      viewer.know(item, part);
      if (item === viewer.shown) {
        this.turning();
        if (part.dataset.turn === undefined) this.turned(part);
      }
    }, LOOK_AGAIN);
  }

  turned(part) {
    this.shown();
    const failed = part.querySelector('[data-turn-failed]');
    if (failed) this.say(failed.textContent);
  }

  take(part) {
    const { viewer } = this;
    const { shown: item } = viewer;
    this.say(part.querySelector('[data-said]').textContent);
    if (part.matches('[data-gone]')) {
      this.drop(item, part.querySelector('form'));
      return;
    }
    viewer.know(item, part);
    if (part.dataset.turn !== undefined) this.turning();
  }

  drop(item, undo) {
    const { viewer } = this;
    const { items } = viewer;
    const at = items.indexOf(item);
    viewer.said.append(undo);
    undo.addEventListener('submit', async (event) => {
      event.preventDefault();
      await fetchPart(undo.action, { method: 'POST', body: new FormData(undo) });
      viewer.gone = viewer.gone.filter((one) => one !== item);
      items.splice(at, 0, item);
      this.say('');
      this.rebuild(at);
    });
    viewer.gone.push(item);
    items.splice(at, 1);
    if (items.length) this.rebuild(Math.min(at, items.length - 1));
    else viewer.swipe.close();
  }

  rebuild(at) {
    const { viewer } = this;
    const { swipe, items } = viewer;
    for (let index = 0; index <= items.length; index += 1) swipe.contentLoader.removeByIndex(index);
    swipe.currIndex = at;
    swipe.potentialIndex = at;
    swipe.mainScroll.itemHolders.forEach((holder, place) => swipe.setContent(holder, at - 1 + place, true));
    swipe.currSlide = swipe.mainScroll.itemHolders[1].slide;
    swipe.currSlide.setIsActive(true);
    viewer.root.focus();
    viewer.shown = null;
    viewer.changed();
  }

  say(text) {
    const { said, timers } = this.viewer;
    said.textContent = text;
    clearTimeout(timers.said);
    timers.said = setTimeout(() => said.contains(document.activeElement) || said.replaceChildren(), SAID_FOR);
  }

  play() {
    const { buttons, pace, timers, words } = this.viewer;
    const starts = !timers.play;
    clearTimeout(timers.play);
    timers.play = null;
    buttons.play.ariaPressed = String(starts);
    pace.hidden = !starts;
    this.say(starts ? words.playing : words.paused);
    if (starts) this.tick();
  }

  tick() {
    const { items, pace, swipe, timers } = this.viewer;
    timers.play = setTimeout(() => {
      if (swipe.currIndex === items.length - 1) {
        this.play();
        return;
      }
      const film = swipe.currSlide.content.element?.querySelector('video');
      if (!document.hidden && (!film || film.paused)) swipe.next();
      this.tick();
    }, pace.querySelector('select').value * 1000);
  }
}
