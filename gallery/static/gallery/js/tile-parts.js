// The box on a tile, where the arrow keys lead from one, and the finger that rests on one.

const PRESS_MS = 500;
const MOVED_PX = 10;

export function boxFor(words) {
  const frame = document.createElement('label');
  frame.className = 'choose scripted';
  const box = document.createElement('input');
  box.type = 'checkbox';
  // The keys reach every tile by its link; a second stop at each would be in the way.
  box.tabIndex = -1;
  box.setAttribute('aria-label', words);
  frame.append(box);
  return box;
}

// The tile that the key leads to: beside in reading order, above and below by where they are seen.
export function step(tiles, tile, name) {
  const at = tiles.indexOf(tile);
  const along = getComputedStyle(tile).direction === 'rtl' ? -1 : 1;
  if (name === 'ArrowRight') return tiles[at + along];
  if (name === 'ArrowLeft') return tiles[at - along];
  if (name === 'Home') return tiles[0];
  if (name === 'End') return tiles.at(-1);
  if (name !== 'ArrowDown' && name !== 'ArrowUp') return null;
  const sign = name === 'ArrowDown' ? 1 : -1;
  const middle = (one) => {
    const { left, right, top, bottom } = one.getBoundingClientRect();
    return { across: (left + right) / 2, down: (top + bottom) / 2 };
  };
  const from = middle(tile);
  let best = null;
  let line = null;
  for (let place = at + sign; tiles[place]; place += sign) {
    const there = middle(tiles[place]);
    if ((there.down - from.down) * sign < 8) continue;
    line ??= there.down;
    if (Math.abs(there.down - line) > 8) break;
    const off = Math.abs(there.across - from.across);
    if (!best || off < best.off) best = { off, tile: tiles[place] };
  }
  return best?.tile;
}

// A finger that rests starts, and then tells what it is over until it is lifted; one that moves at once scrolls.
export function hold(scope, event, { start, over }) {
  const { clientX, clientY } = event.touches[0];
  let pressed = false;
  const timer = setTimeout(() => {
    pressed = true;
    navigator.vibrate?.(10);
    start();
  }, PRESS_MS);
  const move = (moved) => {
    const point = moved.touches[0];
    if (!pressed) {
      if (Math.hypot(point.clientX - clientX, point.clientY - clientY) > MOVED_PX) clearTimeout(timer);
      return;
    }
    moved.preventDefault();
    over(document.elementFromPoint(point.clientX, point.clientY));
  };
  const calm = (menu) => menu.preventDefault();
  const end = (ended) => {
    clearTimeout(timer);
    // The click that would follow is not meant.
    if (pressed && ended.cancelable) ended.preventDefault();
    scope.removeEventListener('touchmove', move);
    scope.removeEventListener('touchend', end);
    scope.removeEventListener('touchcancel', end);
    setTimeout(() => scope.removeEventListener('contextmenu', calm));
  };
  scope.addEventListener('touchmove', move, { passive: false });
  scope.addEventListener('touchend', end, { passive: false });
  scope.addEventListener('touchcancel', end);
  scope.addEventListener('contextmenu', calm);
}
