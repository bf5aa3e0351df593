// What every page does beyond HTML: closing messages, changing the theme in place, taking files that are dropped.

for (const button of document.querySelectorAll('[data-dismiss]')) {
  button.hidden = false;
  button.addEventListener('click', () => button.parentElement.remove());
}

document.querySelector('[data-theme-form]')?.addEventListener('submit', async (event) => {
  const { submitter, currentTarget: form } = event;
  if (!submitter?.value) return;
  event.preventDefault();
  const body = new FormData(form, submitter);
  document.documentElement.dataset.theme = submitter.value;
  for (const button of form.elements.theme) button.setAttribute('aria-pressed', String(button === submitter));
  const answer = await fetch(form.action, { method: 'POST', body, redirect: 'manual' }).catch(() => null);
  // Not remembered by the server: let the browser send the form and show what is wrong.
  if (answer?.type !== 'opaqueredirect') HTMLFormElement.prototype.submit.call(form);
});

const uploader = document.getElementById('uploader');
if (uploader) {
  takeDroppedFiles(uploader);
  goOn(uploader);
}

// A reload or a crash has interrupted uploads: the module says what is missing.
function goOn({ dataset }) {
  try {
    if (localStorage.getItem('unfinished-uploads') === dataset.scope) import(dataset.module);
  } catch {
    // A browser that keeps nothing has nothing to go on with.
  }
}

function takeDroppedFiles(root) {
  let veil = null;
  const holdsFiles = (event) => event.dataTransfer?.types.includes('Files');
  const lift = () => {
    veil?.remove();
    veil = null;
    document.body.classList.remove('dropping');
  };
  const bring = async (found) => {
    const { receive } = await import(root.dataset.module);
    await receive(found);
  };
  addEventListener('dragover', (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    if (veil) return;
    document.body.classList.add('dropping');
    veil = document.createElement('div');
    veil.className = 'veil';
    veil.append(Object.assign(document.createElement('p'), { textContent: `Add to ${root.dataset.name ?? 'your library'}` }));
    document.body.append(veil);
  });
  addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) lift();
  });
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape') lift();
  });
  addEventListener('drop', (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    lift();
    // Entries are gone once this handler returns, so that they are taken before the module is fetched.
    bring([...event.dataTransfer.items]
      .filter((item) => item.kind === 'file')
      .map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() })));
  });
  addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length && !event.target.closest?.('input, textarea')) bring(files.map((file) => ({ entry: null, file })));
  });
}
