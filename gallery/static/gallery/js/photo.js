// The photo page: arrow keys and swiping, the neighbours' pictures fetched ahead, the heart without a reload.

const link = (rel) => document.querySelector(`.turn[rel="${rel}"]`);
const back = document.querySelector('[data-back]');

addEventListener('keydown', (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.closest('input, textarea, select, details[open]')) return;
  if (event.key === 'ArrowLeft') link('prev')?.click();
  if (event.key === 'ArrowRight') link('next')?.click();
  if (event.key === 'Escape') back.click();
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
  if (Math.abs(across) > 60 && Math.abs(across) > 2 * Math.abs(down)) link(across > 0 ? 'prev' : 'next')?.click();
  touch = null;
});

addEventListener('load', () => {
  const { sizes } = frame.querySelector('img');
  for (const turn of document.querySelectorAll('.turn[data-srcset]')) {
    const image = new Image();
    image.fetchPriority = 'low';
    image.sizes = sizes;
    image.srcset = turn.dataset.srcset;
  }
});

const heart = document.querySelector('[data-favourite]');
heart?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const field = form.elements.favourite;
  const button = form.querySelector('button');
  const body = new FormData(form);
  button.disabled = true;
  const answer = await fetch(form.action, { method: 'POST', body, redirect: 'manual' }).catch(() => null);
  button.disabled = false;
  if (answer?.type !== 'opaqueredirect') {
    form.submit();
    return;
  }
  const liked = field.value === 'yes';
  field.value = liked ? 'no' : 'yes';
  button.setAttribute('aria-pressed', String(liked));
  button.focus();
});
