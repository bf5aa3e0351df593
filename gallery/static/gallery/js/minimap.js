// The small map beside a photo: land and a dot, drawn once. The element says where and from which outlines:
// data-lat, data-lon, data-land (the address of land-fine.json). Its words and its link are the page's own.

import { load, paint, project } from './land.js';

// A fiftieth of the world: a country with what is around it.
const SIDE = 1 / 50;

export async function mount(element) {
  const { lat, lon, land } = element.dataset;
  const canvas = document.createElement('canvas');
  canvas.setAttribute('aria-hidden', 'true');
  const [width, height] = [element.clientWidth, element.clientHeight];
  const sharp = Math.min(window.devicePixelRatio || 1, 2);
  Object.assign(canvas, { width: width * sharp, height: height * sharp });
  Object.assign(canvas.style, { inlineSize: '100%', blockSize: '100%', display: 'block' });
  const rings = await load(land);
  draw(canvas, rings, project(Number(lat), Number(lon)), sharp, getComputedStyle(element));
  element.replaceChildren(canvas);
}

function draw(canvas, rings, [x, y], sharp, style) {
  const { width, height } = canvas;
  const context = canvas.getContext('2d');
  const high = (SIDE * height) / width;
  context.fillStyle = style.color;
  paint(context, rings, x - SIDE / 2, y - high / 2, SIDE, width, height);
  context.beginPath();
  context.arc(width / 2, height / 2, 6 * sharp, 0, 2 * Math.PI);
  context.fillStyle = style.getPropertyValue('--dot').trim() || '#1f5fbf';
  context.fill();
  context.lineWidth = 2.5 * sharp;
  context.strokeStyle = '#fff';
  context.stroke();
}
