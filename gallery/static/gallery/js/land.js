// Land outlines on a canvas, for the map and the small map: no tiles, nobody else is asked.

const loaded = new Map();

// Returns the outlines at an address: rings of points in a world that is one wide, as Mercator has it.
export function load(url) {
  if (!loaded.has(url)) {
    const rings = fetch(url).then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.status))));
    loaded.set(url, rings.then((packed) => packed.map(unpack)));
    rings.catch(() => loaded.delete(url));
  }
  return loaded.get(url);
}

// Returns where a position lies in that world.
export function project(latitude, longitude) {
  const held = Math.min(Math.max(latitude, -85.0511), 85.0511) * (Math.PI / 180);
  return [(longitude + 180) / 360, (1 - Math.asinh(Math.tan(held)) / Math.PI) / 2];
}

// Fills the land in a square of the world, whose upper left is x, y, on a canvas of so many pixels.
export function paint(context, rings, x, y, side, width, height = width) {
  const scale = width / side;
  const high = height / scale;
  context.beginPath();
  for (const ring of rings) {
    if (ring.north > y + high || ring.south < y) continue;
    // Where the world ends, it begins again; some land lies across.
    for (const turn of [-1, 0, 1]) {
      if (ring.west + turn > x + side || ring.east + turn < x) continue;
      trace(context, ring.points, x - turn, y, side, high, scale);
    }
  }
  context.fill('evenodd');
}

function trace(context, points, x, y, wide, high, scale) {
  context.moveTo((points[0] - x) * scale, (points[1] - y) * scale);
  // Of points that lie beyond the same edge, only the first and the last matter: the rest cannot be seen.
  const margin = wide / 64;
  const beyond = (at) => (points[at] < x - margin ? 1 : points[at] > x + wide + margin ? 2 : 0)
    | (points[at + 1] < y - margin ? 4 : points[at + 1] > y + high + margin ? 8 : 0);
  let edges = 0;
  let here = beyond(0);
  for (let at = 0; at < points.length; at += 2) {
    const next = at + 2 < points.length ? beyond(at + 2) : 0;
    if (edges & here & next) {
      edges &= here;
    } else {
      context.lineTo((points[at] - x) * scale, (points[at + 1] - y) * scale);
      edges = here;
    }
    here = next;
  }
  context.closePath();
}

function unpack(packed) {
  const points = new Float64Array(packed.length);
  const ring = { points, west: Infinity, east: -Infinity, north: Infinity, south: -Infinity };
  let [longitude, latitude] = [0, 0];
  for (let at = 0; at < packed.length; at += 2) {
    longitude += packed[at];
    latitude += packed[at + 1];
    const [x, y] = project(latitude / 100, longitude / 100);
    points[at] = x;
    points[at + 1] = y;
    ring.west = Math.min(ring.west, x);
    ring.east = Math.max(ring.east, x);
    ring.north = Math.min(ring.north, y);
    ring.south = Math.max(ring.south, y);
  }
  return ring;
}
