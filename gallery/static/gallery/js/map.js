// The map: land, clusters that the server counts for what is seen, and the strip of its photos.

import { load, paint } from './land.js';

const root = document.getElementById('map');
const strip = document.getElementById('strip');
const { dataset } = root;
const leaflet = await import(dataset.leaflet);
const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
const number = new Intl.NumberFormat(document.documentElement.lang);
const FINE_FROM = 4;
const CLOSEST = 18;
// The squares of this zoom are small enough to say where the photos lie.
const CLOSE_ENOUGH = 4;

root.hidden = false;
const map = leaflet.map(root, {
  attributionControl: false,
  zoomControl: false,
  worldCopyJump: true,
  minZoom: 1,
  maxZoom: CLOSEST,
  maxBounds: [[-90, -Infinity], [90, Infinity]],
  zoomAnimation: !still,
  fadeAnimation: !still,
  markerZoomAnimation: !still,
  inertia: !still,
});
const right = document.documentElement.dir === 'rtl' ? 'left' : 'right';
leaflet.control.zoom({ position: `top${right}`, zoomInTitle: dataset.zoomIn, zoomOutTitle: dataset.zoomOut }).addTo(map);
leaflet.control.attribution({ position: `bottom${right}`, prefix: false })
  .addAttribution(dataset.tiles ? '© <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a>' : dataset.credit)
  .addTo(map);
const markers = leaflet.layerGroup().addTo(map);
let asked = null;
let listed = '';

await addGround();
await begin();
map.on('moveend', () => refresh());
new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(root);

// The ground: the owner's own tiles where a setting names them, else outlines.
async function addGround() {
  if (dataset.tiles) {
    window.L = leaflet;
    const { leafletLayer } = await import(dataset.protomaps);
    const dark = getComputedStyle(root).colorScheme === 'dark'
      || (getComputedStyle(root).colorScheme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
    leafletLayer({ url: dataset.tiles, flavor: dark ? 'dark' : 'light', lang: document.documentElement.lang.slice(0, 2), attribution: '' })
      .addTo(map);
    return;
  }
  const Land = leaflet.GridLayer.extend({
    createTile({ x, y, z }, done) {
      const tile = document.createElement('canvas');
      const sharp = Math.min(window.devicePixelRatio || 1, 2);
      const { x: side } = this.getTileSize();
      tile.width = tile.height = side * sharp;
      load(z >= FINE_FROM ? dataset.landFine : dataset.land).then((rings) => {
        const context = tile.getContext('2d');
        context.fillStyle = getComputedStyle(root).color;
        const count = 2 ** z;
        paint(context, rings, x / count, y / count, 1 / count, tile.width);
        done(null, tile);
      }, (error) => done(error, tile));
      return tile;
    },
  });
  const land = new Land({ updateWhenIdle: false, keepBuffer: 1 }).addTo(map);
  const redraw = () => land.redraw();
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
}

// Where the address says, else where the photos are.
async function begin() {
  const [zoom, latitude, longitude] = location.hash.slice(1).split('/').map(Number);
  if ([zoom, latitude, longitude].every(Number.isFinite) && location.hash.includes('/')) {
    map.setView([Math.min(Math.max(latitude, -85), 85), longitude], Math.min(Math.max(zoom, 1), CLOSEST), { animate: false });
  } else {
    map.setView([20, 0], 1, { animate: false });
    const found = await clustersOf('-180,-90,180,90', CLOSE_ENOUGH).catch(() => []);
    const bounds = leaflet.latLngBounds(found.flatMap(({ bbox: [west, south, east, north] }) => [[south, west], [north, east]]));
    if (bounds.isValid()) map.fitBounds(bounds, { maxZoom: 10, padding: [48, 48], animate: false });
  }
  await refresh();
}

async function refresh() {
  const { lat, lng } = map.getCenter();
  const turned = ((lng + 540) % 360 + 360) % 360 - 180;
  history.replaceState(history.state, '', `#${map.getZoom()}/${lat.toFixed(4)}/${turned.toFixed(4)}`);
  const box = seen();
  const request = {};
  asked = request;
  const photos = list(box, request);
  try {
    const found = await clustersOf(box, map.getZoom());
    if (asked === request) show(found);
  } catch {
    if (asked === request) say(dataset.failed);
  }
  await photos;
}

async function clustersOf(box, zoom) {
  const answer = await fetch(`${dataset.clusters}?${new URLSearchParams({ bbox: box, zoom })}`, { headers: { Accept: 'application/json' } });
  if (!answer.ok) throw new Error(answer.status);
  return (await answer.json()).clusters;
}

// What is seen, as west,south,east,north; beyond the antimeridian the world goes on.
function seen() {
  const bounds = map.getBounds();
  const [south, north] = [Math.max(bounds.getSouth(), -90), Math.min(bounds.getNorth(), 90)];
  if (bounds.getEast() - bounds.getWest() >= 360) return `-180,${south.toFixed(6)},180,${north.toFixed(6)}`;
  const within = (longitude) => (((longitude + 180) % 360 + 360) % 360 - 180).toFixed(6);
  return [within(bounds.getWest()), south.toFixed(6), within(bounds.getEast()), north.toFixed(6)].join(',');
}

function show(found) {
  const focused = document.activeElement?.closest?.('.cluster')?.dataset.at;
  markers.clearLayers();
  const middle = map.getCenter().lng;
  for (const cluster of found) {
    const longitude = cluster.longitude + 360 * Math.round((middle - cluster.longitude) / 360);
    const size = 44 + Math.min(Math.floor(Math.log10(cluster.count)), 4) * 6;
    const face = document.createElement('span');
    face.textContent = short(cluster.count);
    const icon = leaflet.divIcon({ className: 'cluster', html: face, iconSize: [size, size] });
    const marker = leaflet.marker([cluster.latitude, longitude], { icon, riseOnHover: true, autoPanOnFocus: false }).addTo(markers);
    const element = marker.getElement();
    element.dataset.at = cluster.bbox.join(',');
    element.setAttribute('aria-label', words(cluster));
    const open = () => enter(cluster);
    marker.on('click', open);
    element.addEventListener('keydown', (event) => {
      if (event.key !== ' ' && event.key !== 'Enter') return;
      event.preventDefault();
      open();
    });
    if (element.dataset.at === focused) element.focus({ preventScroll: true });
  }
}

function short(count) {
  return count < 1000 ? number.format(count) : new Intl.NumberFormat(document.documentElement.lang, { notation: 'compact' }).format(count);
}

function words({ count, place }) {
  const said = dataset.count.replace('{n}', number.format(count));
  return place ? `${said}, ${place}` : said;
}

// Closer, until all photos of a cluster lie at one spot: then they are listed.
async function enter({ bbox: [west, south, east, north] }) {
  const bounds = leaflet.latLngBounds([[south, west], [north, east]]);
  const closest = map.getZoom() >= CLOSEST - 1;
  const oneSpot = Math.max(east - west, north - south) < 2e-4;
  if (!closest && !oneSpot) {
    map.fitBounds(bounds, { maxZoom: CLOSEST, padding: [40, 40] });
    return;
  }
  // Rounded outwards, so that the photos at the edge are inside.
  const grown = [west - 1e-5, south - 1e-5, east + 1e-5, north + 1e-5];
  const request = {};
  asked = request;
  await list(grown.map((value, at) => Math.min(Math.max(value, at % 2 ? -90 : -180), at % 2 ? 90 : 180).toFixed(6)).join(','), request);
  strip.querySelector('a')?.focus();
}

async function list(box, request) {
  if (box === listed) return;
  try {
    const answer = await fetch(`${dataset.photos}?${new URLSearchParams({ bbox: box })}`);
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    const text = await answer.text();
    if (asked !== request) return;
    strip.innerHTML = text;
    listed = box;
    say(strip.querySelector('[data-said]')?.dataset.said ?? '');
  } catch {
    if (asked === request) say(dataset.failed);
  }
}

function say(text) {
  document.getElementById('said').textContent = text;
}
