// Sharing beyond HTML: copying the address, following a zip while it is packed, sending several photos of a guest's.

const said = document.querySelector('[data-said]');

for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Without the permission: what is selected can be copied by hand.
      return;
    }
    said.textContent = button.dataset.copied;
  });
}

const packing = document.getElementById('packing');
if (packing && 'waiting' in packing.dataset) follow();

async function follow() {
  while ('waiting' in packing.dataset) {
    await new Promise((resolve) => { setTimeout(resolve, 1500); });
    const answer = await fetch(location.href, { cache: 'no-store' }).catch(() => null);
    if (!answer?.ok) continue;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const now = page.getElementById('packing');
    if (!now) return;
    const bar = packing.querySelector('progress');
    const value = now.querySelector('progress')?.value;
    if (bar && value !== undefined) {
      // Only the bar moves: the words would be read aloud each time.
      bar.value = value;
      continue;
    }
    packing.replaceChildren(...now.childNodes);
    delete packing.dataset.waiting;
  }
}

const bring = document.querySelector('[data-bring]');
if (bring) takeSeveral(bring);

function takeSeveral(form) {
  const files = form.querySelector('[data-files]');
  const choice = files.querySelector('input');
  const send = form.querySelector('[data-send]');
  files.hidden = send.hidden = false;
  choice.required = true;
  form.querySelector('[data-next]').remove();
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    send.disabled = true;
    form.querySelector('[data-errors]').replaceChildren();
    let arrived = 0;
    const all = [...choice.files];
    for (const [at, file] of all.entries()) {
      said.textContent = form.dataset.sending.replace('{n}', at + 1).replace('{all}', all.length);
      const problem = await sendOne(form, file).catch(() => form.dataset.failed.replace('{name}', file.name));
      if (problem) {
        form.querySelector('[data-errors]').append(Object.assign(document.createElement('li'), { textContent: problem }));
      } else {
        arrived += 1;
      }
    }
    said.textContent = form.dataset.sent.replace('{n}', arrived);
    choice.value = '';
    send.disabled = false;
  });
}

// Returns what is wrong in words, nothing where all went well.
async function sendOne(form, file) {
  const asked = new FormData(form);
  asked.set('bytes', file.size);
  const headers = { 'X-Requested-Fragment': '1' };
  const answer = await fetch(form.action, { method: 'POST', body: asked, headers });
  const told = await answer.json();
  if (told.error) return told.error;
  const body = new FormData();
  for (const [name, value] of Object.entries(told.fields)) {
    body.append(name, value);
  }
  body.append('file', file);
  // The store's redirect leads back to this site: that address is asked below.
  await fetch(told.url, { method: 'POST', body, redirect: 'manual' });
  const done = await fetch(told.done, { cache: 'no-store' });
  const page = new DOMParser().parseFromString(await done.text(), 'text/html');
  return done.ok && page.querySelector('[data-arrived]') ? '' : form.dataset.failed.replace('{name}', file.name);
}
