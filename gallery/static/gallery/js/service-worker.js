// Keeps the shell, the last pages and thumbnails for when there is no network. Only what a person has seen is kept,
// and nothing of it once they sign out. Pages are always asked for first. SETTINGS is put before this by the server.

const { root, version, shell, offline, staticUrl, shared, upload, signIn, signOut } = SETTINGS;
const FILES = `files ${version}`;
const PAGES = 'pages';
const THUMBNAILS = 'thumbnails';
const SHARED = 'shared';
const MOST_PAGES = 20;
const MOST_THUMBNAILS = 300;
// Pages of the library; never accounts, the administration, links of others or answers of the API.
const KEPT_PAGES = /^($|photos\/|p\/|albums\/|smart\/|tags\/|favourites\/|archive\/|on-this-day\/|places\/)/;
// The address without its signature names the bytes for ever.
const THUMBNAIL = /\/renditions\/[0-9a-f]+\/[^/]+\/h(240|480)\.\w+$/;

addEventListener('install', (event) => {
  event.waitUntil((async () => {
    const files = await caches.open(FILES);
    await files.addAll([...shell, offline]);
    await skipWaiting();
  })());
});

addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith('files ') && name !== FILES) await caches.delete(name);
    await clients.claim();
  })());
});

addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const ours = url.origin === location.origin;
  if (request.method === 'POST') {
    if (ours && url.pathname === shared) event.respondWith(take(request));
    else if (ours && url.pathname === signOut) event.respondWith(forget(PAGES, THUMBNAILS, SHARED).then(() => fetch(request)));
    return;
  }
  if (request.method !== 'GET') return;
  if (request.mode === 'navigate' && ours) event.respondWith(page(event));
  else if (url.href.startsWith(staticUrl)) event.respondWith(file(request));
  else if (request.destination === 'image' && THUMBNAIL.test(url.pathname)) event.respondWith(thumbnail(event, url));
});

async function page(event) {
  const { request } = event;
  const url = new URL(request.url);
  const kept = url.pathname.startsWith(root) && KEPT_PAGES.test(url.pathname.slice(root.length));
  try {
    const answer = await fetch(request);
    const here = new URL(answer.url || request.url).pathname;
    // Whoever is asked to sign in has no library here any more.
    if (here === signIn) event.waitUntil(forget(PAGES, THUMBNAILS));
    else if (kept && answer.ok && !answer.redirected && !/no-store/.test(answer.headers.get('Cache-Control'))) {
      const copy = answer.clone();
      event.waitUntil(keep(PAGES, request.url, copy, MOST_PAGES));
    }
    return answer;
  } catch (error) {
    const pages = await caches.open(PAGES);
    return (kept && await pages.match(request.url)) || caches.match(offline) || Promise.reject(error);
  }
}

async function file(request) {
  const files = await caches.open(FILES);
  const known = await files.match(request);
  if (known) return known;
  const answer = await fetch(request);
  // A name without a hash may hold something else tomorrow.
  if (answer.ok && /\.[0-9a-f]{12}\./.test(request.url)) files.put(request, answer.clone());
  return answer;
}

async function thumbnail(event, url) {
  const thumbnails = await caches.open(THUMBNAILS);
  const name = url.origin + url.pathname;
  const known = await thumbnails.match(name);
  if (known) return known;
  // A picture that was fetched without CORS cannot be looked at, and a browser counts it as several megabytes.
  const answer = await fetch(url, { mode: 'cors', credentials: 'omit' }).catch(() => null);
  if (!answer?.ok) return fetch(event.request);
  event.waitUntil(keep(THUMBNAILS, name, answer.clone(), MOST_THUMBNAILS));
  return answer;
}

// The oldest go first: a cache lists its entries in the order in which they were put.
async function keep(cache, name, answer, most) {
  const kept = await caches.open(cache);
  await kept.delete(name);
  await kept.put(name, answer);
  const names = await kept.keys();
  for (const old of names.slice(0, Math.max(names.length - most, 0))) await kept.delete(old);
}

async function forget(...names) {
  for (const name of names) await caches.delete(name);
}

// What a phone shares waits here until it is in the library, also where its owner has to sign in first.
async function take(request) {
  const files = (await request.formData()).getAll('photos').filter((value) => value instanceof File);
  const waiting = await caches.open(SHARED);
  for (const [number, each] of files.entries()) {
    const headers = { 'Content-Type': each.type, 'X-Name': encodeURIComponent(each.name) };
    await waiting.put(`${shared}${Date.now()}-${number}`, new Response(each, { headers }));
  }
  return Response.redirect(upload, 303);
}
