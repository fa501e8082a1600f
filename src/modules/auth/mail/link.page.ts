import { createHash } from 'node:crypto';
import { LINK_TEXTS, type LinkLanguage, type LinkPage } from './link.texts.js';

const STYLE = `
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
label { display: block; margin: .8rem 0; } input { display: block; width: 100%; font: inherit; padding: .5rem; box-sizing: border-box; }
button { font: inherit; padding: .6rem 1.4rem; } [role=status] { margin-top: 1rem; white-space: pre-line; }`;

/**
 * Runs in the browser. The token comes after # in the address, which browsers send to no server; it is used when the
 * person presses the button, because programs that look at mails open links as well.
 */
const SCRIPT = `
const form = document.querySelector('form'), status = document.querySelector('[role=status]'), texts = document.body.dataset;
const token = decodeURIComponent(location.hash.slice(1));
history.replaceState(null, '', location.pathname);
form.onsubmit = async (event) => {
  event.preventDefault();
  form.submit.disabled = true;
  status.textContent = '';
  try {
    const body = form.new_password ? { token, new_password: form.new_password.value } : { token };
    const answer = await fetch(texts.path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), credentials: 'omit' });
    if (!answer.ok) throw Object.assign(new Error('refused'), { problem: await answer.json() });
    form.hidden = true;
    status.textContent = texts.done;
  } catch ({ problem }) {
    const fields = (problem?.errors ?? []).flatMap(({ messages }) => messages);
    status.textContent = problem ? [texts.failed, problem.detail, ...fields].join('\\n') : texts.offline;
    form.submit.disabled = false;
  }
};`;

const PATHS: Readonly<Record<LinkPage, string>> = {
  password: '/api/v1/auth/password/reset',
  email: '/api/v1/auth/email/verify',
};

const sourceOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Only these pages' own script and style run. */
export const LINK_CSP = `default-src 'none'; script-src ${sourceOf(SCRIPT)}; style-src ${sourceOf(STYLE)}; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

/** The page behind a link in a mail. Texts are ours, no input is in it. */
export function renderLinkPage(page: LinkPage, language: LinkLanguage): string {
  const t = LINK_TEXTS[page][language];
  const field =
    t.field === ''
      ? ''
      : `<label>${t.field}<input name="new_password" type="password" required minlength="12" autocomplete="new-password"></label>\n`;
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${t.title}</title><style>${STYLE}</style></head>
<body data-path="${PATHS[page]}" data-done="${t.done}" data-failed="${t.failed}" data-offline="${t.offline}">
<h1>${t.title}</h1>
<p>${t.intro}</p>
<form>
${field}<button name="submit">${t.submit}</button>
</form>
<p role="status"></p>
<script>${SCRIPT}</script>
</body>
</html>
`;
}
