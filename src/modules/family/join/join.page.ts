import { createHash } from 'node:crypto';
import { JOIN_TEXTS, type JoinLanguage } from './join.texts.js';

const STYLE = `
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
label { display: block; margin: .8rem 0; } input:not([type=checkbox]) { display: block; width: 100%; font: inherit; padding: .5rem; box-sizing: border-box; }
button { font: inherit; padding: .6rem 1.4rem; } [role=status] { margin-top: 1rem; white-space: pre-line; }`;

/** Runs in the browser. The code comes after # in the address, which browsers send to no server. */
const SCRIPT = `
const form = document.querySelector('form'), status = document.querySelector('[role=status]'), texts = document.body.dataset;
form.code.value = decodeURIComponent(location.hash.slice(1));
const nameField = form.first_name.closest('label');
form.existing.onchange = () => { nameField.hidden = form.existing.checked; form.first_name.required = !form.existing.checked; };
async function post(path, body, token) {
  const headers = { 'content-type': 'application/json' };
  if (token) headers.authorization = 'Bearer ' + token;
  const answer = await fetch('/api/v1' + path, { method: 'POST', headers, body: JSON.stringify(body), credentials: 'omit' });
  const text = await answer.text(), data = text ? JSON.parse(text) : {};
  if (!answer.ok) throw Object.assign(new Error('refused'), { problem: data });
  return data;
}
form.onsubmit = async (event) => {
  event.preventDefault();
  const code = form.code.value, email = form.email.value, password = form.password.value;
  form.submit.disabled = true;
  status.textContent = '';
  try {
    if (form.existing.checked) {
      const { access_token } = await post('/auth/login', { email, password });
      try { await post('/family/invitations/accept', { code }, access_token); }
      finally { await post('/auth/logout', {}, access_token); }
    } else {
      await post('/auth/register', { email, password, first_name: form.first_name.value, language: document.documentElement.lang, invitation: code });
    }
    form.hidden = true;
    status.textContent = texts.done;
  } catch ({ problem }) {
    const fields = (problem?.errors ?? []).map(({ field, messages }) => field + ': ' + messages.join('; '));
    status.textContent = problem ? [texts.failed, problem.detail, ...fields].join('\\n') : texts.offline;
    form.submit.disabled = false;
  }
};`;

const sourceOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Only this page's own script and style run. */
export const JOIN_CSP = `default-src 'none'; script-src ${sourceOf(SCRIPT)}; style-src ${sourceOf(STYLE)}; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

/** The page behind an invitation's link: make an account with it, or join with an account one has. Texts are ours, no input is in it. */
export function renderJoinPage(language: JoinLanguage): string {
  const t = JOIN_TEXTS[language];
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${t.title}</title><style>${STYLE}</style></head>
<body data-done="${t.done}" data-failed="${t.failed}" data-offline="${t.offline}">
<h1>${t.title}</h1>
<p>${t.intro}</p>
<form>
<label>${t.code}<input name="code" required autocomplete="off" autocapitalize="characters"></label>
<label><input type="checkbox" name="existing"> ${t.existing}</label>
<label>${t.firstName}<input name="first_name" required autocomplete="given-name"></label>
<label>${t.email}<input name="email" type="email" required autocomplete="email"></label>
<label>${t.password}<input name="password" type="password" required minlength="12" autocomplete="new-password"></label>
<button name="submit">${t.submit}</button>
</form>
<p role="status"></p>
<script>${SCRIPT}</script>
</body>
</html>
`;
}
