// Parts of photos' pages in place: shown, and their forms sent. The photo page and the viewer share this.

import { fetchPart } from './part.js';

export function showIn(places, part) {
  for (const name of ['acts', 'about']) places[name].replaceChildren(...part.querySelector(`[data-${name}]`).cloneNode(true).childNodes);
  for (const map of places.about.querySelectorAll('[data-minimap]')) {
    if (map.checkVisibility?.() ?? true) import(map.dataset.minimap).then(({ mount }) => mount(map));
  }
}

// Lets forms that are marked so be sent in place; `took` gets the part that came back.
export function sendInPlace(places, took) {
  for (const place of Object.values(places)) {
    place.addEventListener('submit', (event) => {
      const { target: form, submitter } = event;
      if (!form.matches('[data-async]')) return;
      event.preventDefault();
      send(form, submitter, places, took);
    });
  }
}

export async function send(form, submitter, places, took) {
  if (form.ariaBusy) return;
  form.ariaBusy = 'true';
  let part;
  try {
    part = await fetchPart(form.action, { method: 'POST', body: new FormData(form, submitter) });
  } catch {
    // The browser sends it then, and shows what is wrong; by a hidden field, what the button says.
    if (submitter?.name) form.append(Object.assign(document.createElement('input'), { type: 'hidden', name: submitter.name, value: submitter.value }));
    HTMLFormElement.prototype.submit.call(form);
    return;
  }
  const open = [...places.about.querySelectorAll('details')].map((one) => one.open);
  const held = places.about.contains(document.activeElement) || places.acts.contains(document.activeElement);
  if (part.matches('[data-gone]')) {
    took(part);
    return;
  }
  showIn(places, part);
  places.about.querySelectorAll('details').forEach((one, at) => { one.open ||= open[at] ?? false; });
  if (held) refocus(places, form, submitter);
  took(part);
}

// What had the focus was replaced: its successor gets it, or the first field with an error.
function refocus(places, form, submitter) {
  const wrong = places.about.querySelector('[aria-invalid="true"]');
  const same = [...Object.values(places)].flatMap((place) => [...place.querySelectorAll('form')])
    .find((one) => one.getAttribute('action') === form.getAttribute('action'));
  const buttons = [...(same?.querySelectorAll('button') ?? [])];
  (wrong ?? buttons.find(({ value }) => value === submitter?.value) ?? buttons[0])?.focus();
}
