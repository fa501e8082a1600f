/** What a mail says in one language. Texts are ours: nothing that people typed belongs in them. */
export interface Letter {
  /** BCP 47. */
  readonly language: string;
  readonly subject: string;
  readonly paragraphs: readonly string[];
  /** A link that the reader is to follow. */
  readonly action?: { readonly label: string; readonly url: string };
  /** Small print below it. */
  readonly footer: string;
}

export interface Composed {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it can stand in HTML, in attributes too. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? character);

const BODY = 'margin:0;padding:24px;background:#ffffff;color:#1a1a1a;font:16px/1.5 system-ui,Arial,sans-serif';
const BUTTON =
  'display:inline-block;padding:12px 20px;background:#0b57d0;color:#ffffff;border-radius:6px;text-decoration:none;font-weight:bold';

/**
 * The same letter in one or more languages as a mail, in text and in HTML: headings for screen readers, contrast of at
 * least 4.5, the address of the link in full beside its button, and nothing that is fetched from anywhere.
 */
export function compose(letters: readonly [Letter, ...Letter[]]): Composed {
  const [{ language }] = letters;
  const subject = letters.map((letter) => letter.subject).join(' · ');
  const sections = letters.map((letter) => sectionOf(letter)).join('\n<hr>\n');
  return {
    subject,
    text: letters.map((letter) => textOf(letter)).join('\n\n—\n\n'),
    html: `<!doctype html>
<html lang="${escapeHtml(language)}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(subject)}</title></head>
<body style="${BODY}">
<main style="max-width:34em;margin:0 auto">
${sections}
</main>
</body>
</html>
`,
  };
}

function textOf({ paragraphs, action, footer }: Letter): string {
  return [...paragraphs, ...(action ? [`${action.label}:\n${action.url}`] : []), footer].join('\n\n');
}

function sectionOf({ language, subject, paragraphs, action, footer }: Letter): string {
  const url = action && escapeHtml(action.url);
  return [
    `<section lang="${escapeHtml(language)}">`,
    `<h1 style="font-size:20px">${escapeHtml(subject)}</h1>`,
    ...paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`),
    ...(action && url !== undefined
      ? [
          `<p><a href="${url}" style="${BUTTON}">${escapeHtml(action.label)}</a></p>`,
          `<p style="word-break:break-all">${url}</p>`,
        ]
      : []),
    `<p style="color:#595959;font-size:14px">${escapeHtml(footer)}</p>`,
    '</section>',
  ].join('\n');
}
