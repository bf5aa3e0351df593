// The timeline beyond one page: older and newer photos as they come near, the scrubber of months, and never more tiles
// in the page than it can lay out at once.

const MOST_TILES = 2000;
// A section further away than this many screens gives its tiles up and keeps its height.
const FAR = '600%';
// A day longer than this goes on under its heading, so that no section outgrows the bound above.
const LONGEST_SECTION = 300;

const list = document.getElementById('days');
const held = new WeakMap();
const far = new IntersectionObserver(turn, { rootMargin: `${FAR} 0px` });
const near = new IntersectionObserver(approach, { rootMargin: '150% 0px' });
const here = new IntersectionObserver(arrive, { rootMargin: '-25% 0px -74% 0px' });
let loading = null;
let newerWanted = false;
let scrubber = null;

if (list) {
  begin();
  list.addEventListener('click', follow);
  addEventListener('popstate', () => show(location.href));
  addEventListener('wheel', (event) => event.deltaY < 0 && upwards(), { passive: true });
  let before = scrollY;
  addEventListener('scroll', () => {
    if (scrollY < before) upwards();
    before = scrollY;
  }, { passive: true });
  const idle = window.requestIdleCallback ?? setTimeout;
  if (list.dataset.months && matchMedia('(min-width: 64em)').matches) addEventListener('load', () => idle(bringScrubber));
}

function begin() {
  for (const section of list.querySelectorAll('.day')) watch(section);
  const older = list.querySelector('[rel="next"]');
  if (older) near.observe(older);
}

function watch(section) {
  far.observe(section);
  here.observe(section);
}

async function fetchPart(url) {
  const answer = await fetch(url, { headers: { 'X-Requested-Fragment': '1' } });
  if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
  const part = document.createElement('template');
  part.innerHTML = await answer.text();
  return part.content;
}

// Older photos, when the end of the list comes near.
async function approach(entries) {
  const link = entries.find((entry) => entry.isIntersecting)?.target;
  if (!link || loading) return;
  near.unobserve(link);
  await extend(link, (part) => {
    const seen = hrefs();
    const pager = link.closest('.pager');
    const next = part.querySelector('[rel="next"]');
    for (const section of part.querySelectorAll('.day')) append(section, pager, seen);
    if (!next) {
      link.remove();
      return;
    }
    link.href = next.href;
    // Observed anew, it tells at once whether it is still near.
    near.observe(link);
  });
}

// Newer photos, only when somebody looks for them: above what is being read, nothing moves by itself.
async function upwards() {
  const link = list.querySelector('.pager [rel="prev"]');
  if (!link || link.getBoundingClientRect().bottom < -innerHeight) return;
  newerWanted = Boolean(loading);
  if (loading) return;
  await extend(link, (part) => {
    const seen = hrefs();
    const pager = link.closest('.pager');
    const mark = pager.nextElementSibling;
    const top = mark.getBoundingClientRect().top;
    const prev = part.querySelector('[rel="prev"]');
    for (const section of part.querySelectorAll('.day')) prepend(section, mark, seen);
    if (prev) link.href = prev.href;
    else {
      pager.remove();
      list.querySelector('.pager a:not([rel])')?.remove();
    }
    scrollBy({ top: mark.getBoundingClientRect().top - top, behavior: 'instant' });
  });
}

async function extend(link, put) {
  loading = link;
  const wanted = link.href;
  list.setAttribute('aria-busy', 'true');
  try {
    const part = await fetchPart(wanted);
    // Another month was chosen meanwhile.
    if (link.isConnected && link.href === wanted) {
      put(part);
      changed();
    }
  } catch {
    // The link stays: it leads to the page itself.
  } finally {
    list.removeAttribute('aria-busy');
    if (loading === link) loading = null;
    if (newerWanted) upwards();
  }
}

function hrefs() {
  return new Set([...list.querySelectorAll('.grid > li > a')].map((link) => link.getAttribute('href')));
}

// What came twice, because photos arrived or zones overlap, is shown once.
function fresh(section, seen) {
  for (const link of section.querySelectorAll('.grid > li > a')) {
    if (seen.has(link.getAttribute('href'))) link.parentElement.remove();
  }
  return section.querySelector('.grid > li');
}

function append(section, pager, seen) {
  if (!fresh(section, seen)) return;
  const last = pager.previousElementSibling;
  if (joins(last, section)) {
    last.querySelector('.grid').append(...section.querySelectorAll('.grid > li'));
    return;
  }
  alone(section);
  pager.before(section);
  watch(section);
}

function prepend(section, mark, seen) {
  if (!fresh(section, seen)) return;
  if (joins(mark, section)) {
    mark.querySelector('.grid').prepend(...section.querySelectorAll('.grid > li'));
    return;
  }
  alone(section);
  mark.before(section);
  watch(section);
}

function dateOf(section) {
  return section?.querySelector('time')?.dateTime;
}

function joins(section, other) {
  return section?.matches('.day') && dateOf(section) === dateOf(other) && !held.has(section)
    && section.querySelectorAll('.grid > li').length < LONGEST_SECTION;
}

// A date that goes on has its heading once more, under another id.
function alone(section) {
  const heading = section.querySelector('h2');
  const base = heading.id;
  for (let number = 2; document.getElementById(heading.id); number += 1) heading.id = `${base}-${number}`;
  section.setAttribute('aria-labelledby', heading.id);
}

function changed() {
  list.dispatchEvent(new CustomEvent('tiles'));
  bound();
}

function turn(entries) {
  let back = false;
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) back = restore(target) || back;
    else drop(target);
  }
  // Once for all that came back: whoever listens looks at every tile.
  if (back) changed();
  else bound();
}

function drop(section) {
  const grid = section.querySelector('.grid');
  if (held.has(section) || !section.isConnected || section.contains(document.activeElement)) return;
  const { height } = section.getBoundingClientRect();
  held.set(section, grid.innerHTML);
  // What is selected from here to there may lie in between (select.js).
  section.dataset.held = [...grid.querySelectorAll(':scope > li > a')].map((link) => link.pathname).join(' ');
  section.style.setProperty('--was', `${height}px`);
  section.classList.add('spare');
  grid.replaceChildren();
}

function restore(section) {
  if (!held.has(section)) return false;
  section.querySelector('.grid').innerHTML = held.get(section);
  held.delete(section);
  delete section.dataset.held;
  section.classList.remove('spare');
  return true;
}

// On a screen so large, or rows so small, that what is near is too much: the furthest go first.
function bound() {
  let count = list.querySelectorAll('.grid > li').length;
  if (count <= MOST_TILES) return;
  const middle = innerHeight / 2;
  const live = [...list.querySelectorAll('.day:not(.spare)')].map((section) => {
    const { top, bottom } = section.getBoundingClientRect();
    return { section, away: Math.max(top - middle, middle - bottom, 0) };
  });
  live.sort((one, other) => other.away - one.away);
  for (const { section, away } of live) {
    if (count <= MOST_TILES || away < innerHeight) break;
    count -= section.querySelectorAll('.grid > li').length;
    drop(section);
  }
}

// Another page in the place of this list: from the scrubber, and on the way back.
async function show(url, { push = false } = {}) {
  list.setAttribute('aria-busy', 'true');
  loading = null;
  try {
    const part = await fetchPart(url);
    const { heading } = part.querySelector('[data-heading]').dataset;
    list.replaceChildren(part);
    if (push) history.pushState(null, '', url);
    document.querySelector('main h1').textContent = heading;
    document.title = `${heading} · PhotoSky`;
    scrollTo({ top: 0, behavior: 'instant' });
    begin();
    changed();
  } catch {
    location.assign(url);
  } finally {
    list.removeAttribute('aria-busy');
  }
}

function plain(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

function follow(event) {
  const link = event.target.closest('.pager a');
  if (!link || !plain(event)) return;
  if (link.rel === 'prev' || !link.rel) {
    event.preventDefault();
    upwards();
  }
}

list?.addEventListener('reload', () => show(location.href));

async function bringScrubber() {
  try {
    const part = await fetchPart(list.dataset.months);
    if (part.querySelectorAll('ol ol a').length < 2) return;
    scrubber = document.createElement('nav');
    scrubber.className = 'scrubber';
    scrubber.setAttribute('aria-label', list.dataset.scrubber);
    scrubber.append(part);
  } catch {
    return;
  }
  scrubber.addEventListener('click', (event) => {
    const link = event.target.closest('a');
    if (!link || !plain(event)) return;
    event.preventDefault();
    show(link.href, { push: true });
  });
  for (const kind of ['pointerover', 'focusin']) scrubber.addEventListener(kind, place);
  list.before(scrubber);
  for (const section of list.querySelectorAll('.day')) {
    here.unobserve(section);
    here.observe(section);
  }
}

// The months of a year open beside it, as low as the window allows.
function place(event) {
  const months = event.target.closest('.scrubber > ol > li')?.lastElementChild;
  if (!months) return;
  const lowest = innerHeight - months.offsetHeight - 12;
  months.style.setProperty('--top', `${Math.max(Math.min(months.parentElement.getBoundingClientRect().top, lowest), 64)}px`);
}

// Which month is being looked at.
function arrive(entries) {
  const section = entries.findLast((entry) => entry.isIntersecting)?.target;
  if (!section || !scrubber) return;
  const [year, month] = dateOf(section).split('-');
  for (const link of scrubber.querySelectorAll('a[aria-current]')) link.removeAttribute('aria-current');
  for (const end of [`/${year}/`, `/${year}/${month}/`]) scrubber.querySelector(`a[href$="${end}"]`)?.setAttribute('aria-current', 'true');
}
