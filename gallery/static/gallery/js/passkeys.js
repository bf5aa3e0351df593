// Passkeys on the pages of sign-in and account: shows what needs a script, and hands allauth's code its forms.

const form = document.getElementById('passkey-form');
const kinds = { login: 'loginForm', authenticate: 'authenticateForm', add: 'addForm' };
const ids = { credential: 'passkey-credential', passwordless: 'passkey-passwordless', data: 'passkey-options' };
for (const name of ['login', 'authenticate', 'add']) ids[name] = 'passkey-button';

if (form && globalThis.webauthnJSON?.supported()) {
  globalThis.allauth.webauthn.forms[kinds[form.dataset.passkey]]({ ids });
  for (const element of document.querySelectorAll('.needs-script')) element.hidden = true;
  form.hidden = false;
}

document.addEventListener('allauth.error', (event) => {
  event.preventDefault();
  form.querySelector('[data-passkey-status]').textContent = form.dataset.failed;
});
