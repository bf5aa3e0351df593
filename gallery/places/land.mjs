// Packs the land outlines of Natural Earth for land.js; `make vendor` calls it.
// Each ring is a list of hundredths of degrees: longitude and latitude of the first point, then the steps to the next.

import { readFileSync, writeFileSync } from 'node:fs';
import { feature } from 'topojson-client';

for (const [scale, name] of [['110m', 'land-coarse'], ['50m', 'land-fine']]) {
  const topology = JSON.parse(readFileSync(new URL(`node_modules/world-atlas/land-${scale}.json`, import.meta.url)));
  const rings = feature(topology, topology.objects.land).features
    .flatMap(({ geometry }) => (geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates))
    .flat()
    .map(pack)
    .filter((ring) => ring.length > 6);
  writeFileSync(`${process.argv[2]}/${name}.json`, JSON.stringify(rings));
}

// A ring that crosses the antimeridian goes on beyond 180 degrees; one around a pole is closed by way of it.
function pack(ring) {
  const points = [];
  for (const [longitude, latitude] of ring) {
    const last = points.at(-1)?.[0] ?? longitude;
    points.push([longitude + 360 * Math.round((last - longitude) / 360), latitude]);
  }
  const [first, last] = [points[0], points.at(-1)];
  if (Math.abs(last[0] - first[0]) > 180) points.push([last[0], -90], [first[0], -90]);
  const packed = [];
  let [x, y] = [0, 0];
  for (const point of points) {
    const [nextX, nextY] = point.map((degrees) => Math.round(degrees * 100));
    if (packed.length && nextX === x && nextY === y) continue;
    packed.push(nextX - x, nextY - y);
    [x, y] = [nextX, nextY];
  }
  return packed;
}
