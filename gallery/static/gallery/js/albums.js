// Choosing photos for an album, and putting photos and albums into an order by dragging and by the arrow keys.
// Each of it works without this file, by the forms that are sent here.

for (const form of document.querySelectorAll('[data-choosing]')) {
  const status = form.querySelector('[data-count]');
  const boxes = () => [...form.elements].filter((field) => field.type === 'checkbox');
  const count = () => {
    const chosen = boxes().filter((box) => box.checked).length;
    status.textContent = chosen ? status.dataset.count.replace('{n}', chosen.toLocaleString(document.documentElement.lang)) : '';
  };
  document.addEventListener('change', count);
  addEventListener('pageshow', count);
  let last = null;
  document.addEventListener('click', ({ target, shiftKey }) => {
    if (target.form !== form || target.type !== 'checkbox') return;
    const all = boxes();
    const [from, to] = [all.indexOf(last), all.indexOf(target)].sort((one, other) => one - other);
    if (shiftKey && from >= 0) for (const box of all.slice(from, to + 1)) box.checked = target.checked;
    last = target;
  });
}

const list = document.querySelector('[data-arranged]');
if (list?.children.length) arrange(list, document.querySelector('[data-arranging]'));

function arrange(rows, how) {
  const start = Number(rows.querySelector('[name="place"]').value);
  const live = document.createElement('p');
  live.className = 'hidden';
  live.setAttribute('role', 'status');
  how.after(live);
  let sending = Promise.resolve();
  let dragged = null;

  const indexOf = (row) => [...rows.children].indexOf(row);
  const say = (row) => {
    const words = { '{name}': row.dataset.name, '{n}': start + indexOf(row) };
    live.textContent = how.dataset.said.replace(/\{name\}|\{n\}/g, (hole) => words[hole]);
  };
  const number = () => {
    for (const [place, row] of [...rows.children].entries()) row.querySelector('[name="place"]').value = start + place;
  };
  const send = (row) => {
    const form = row.querySelector('.move');
    const body = new FormData(form);
    body.set('place', start + indexOf(row));
    sending = sending
      .then(() => fetch(form.action, { method: 'POST', body, redirect: 'manual' }))
      .catch(() => null)
      .then((answer) => {
        if (answer?.type === 'opaqueredirect') return;
        live.textContent = how.dataset.failed;
        live.className = 'warning';
      });
  };
  // Puts the row where the page says; true where that is a place of this page.
  const put = (row, index) => {
    if (index < 0 || index >= rows.children.length) return false;
    const others = [...rows.children].filter((other) => other !== row);
    rows.insertBefore(row, others[index] ?? null);
    number();
    say(row);
    send(row);
    return true;
  };

  for (const row of rows.children) {
    const picture = row.querySelector('.picture');
    picture.tabIndex = 0;
    picture.setAttribute('role', 'button');
    picture.setAttribute('aria-label', row.dataset.name);
    picture.setAttribute('aria-describedby', how.id);
    row.draggable = true;
  }

  rows.addEventListener('keydown', (event) => {
    const row = event.target.closest('li');
    if (!event.target.matches('.picture') || event.altKey || event.ctrlKey || event.metaKey) return;
    const onward = getComputedStyle(rows).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    const back = onward === 'ArrowLeft' ? 'ArrowRight' : 'ArrowLeft';
    const by = { [onward]: 1, ArrowDown: 1, [back]: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    if (put(row, indexOf(row) + by)) event.target.focus();
    else row.querySelector(`[name="${by > 0 ? 'later' : 'earlier'}"]`).click();
  });

  rows.addEventListener('submit', (event) => {
    const { submitter, target } = event;
    if (!target.matches('.move')) return;
    const row = target.closest('li');
    const asked = { earlier: indexOf(row) - 1, later: indexOf(row) + 1 }[submitter?.name];
    if (!put(row, asked ?? target.elements.place.value - start)) return;
    event.preventDefault();
    (submitter ?? target.elements.place).focus();
  });

  rows.addEventListener('dragstart', (event) => {
    dragged = event.target.closest('li');
    event.dataTransfer.effectAllowed = 'move';
    event.dataTransfer.setData('text/plain', dragged.dataset.name);
    dragged.classList.add('dragged');
  });
  const over = (event) => (dragged ? event.target.closest('[data-arranged] > li') : null);
  rows.addEventListener('dragover', (event) => {
    const target = over(event);
    if (!target) return;
    event.preventDefault();
    for (const row of rows.children) row.classList.toggle('target', row === target && row !== dragged);
  });
  rows.addEventListener('drop', (event) => {
    const target = over(event);
    if (!target) return;
    event.preventDefault();
    if (target !== dragged) put(dragged, indexOf(target));
  });
  rows.addEventListener('dragend', () => {
    for (const row of rows.children) row.classList.remove('target', 'dragged');
    dragged = null;
  });
}
