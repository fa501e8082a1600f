/** Elements of HTML, SVG and MathML that people or attackers write; `<String>` is none. */
const ELEMENTS =
  'a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote body br ' +
  'button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed ' +
  'fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe image ' +
  'img input ins isindex kbd keygen label layer legend li link listing main map mark marquee math menu meta meter nav ' +
  'nobr noembed noframes noscript object ol optgroup option output p param picture plaintext portal pre progress q rp rt ' +
  'ruby s samp script search section select slot small source span strike strong style sub summary sup svg table tbody td ' +
  'template textarea tfoot th thead time title tr track tt u ul var video wbr xml xmp animate animatetransform set use ' +
  'foreignobject g path circle rect text';
const SWITCHES =
  'allowfullscreen async autofocus autoplay checked controls default defer disabled download formnovalidate hidden inert ' +
  'ismap itemscope loop multiple muted nomodule novalidate open playsinline readonly required reversed selected';
const oneOf = (words: string) => words.replaceAll(' ', '|');

/**
 * A tag as HTML writes it: a known element, attributes with values (or known switches), `>`. Prose and code look
 * different: "a<b and c>d". No part may hold a `<`, so that every character is read a bounded number of times.
 */
const TAG = new RegExp(
  `<\\/?(?:${oneOf(ELEMENTS)})(?:[\\s/]+(?:[^\\s"'<>=/]{1,64}\\s{0,8}=\\s{0,8}(?:"[^"<>]*"|'[^'<>]*'|[^\\s"'<>]{1,2000})|(?:${oneOf(SWITCHES)})))*\\s{0,8}\\/?>`,
  'gi',
);
const COMMENT = /<!--[^<>]*-->|<!doctype[^<>]{0,200}>/gi;
/** What stands between these tags is for machines. */
const MACHINE = /<(script|style)(?=[\s/>])[^<>]*>[^<]*(?:<(?!\/\1|script|style)[^<]*)*<\/\1\s{0,8}>/gi;
/** Where a browser would begin a new line. */
const LINE = /^<(?:br|\/(?:p|div|li|tr|h[1-6]|blockquote|pre))\b/i;
/** Where HTML would begin a tag, a comment or a declaration (HTML Living Standard, 13.2.5.6 "Tag open state"). */
const OPENING = /<(?=[a-z/!?])/gi;

/**
 * A text for display, be it as text or (against the rules) as HTML: markup is taken off, its words are left; whatever
 * else could begin a tag gets a space behind the `<`, which makes it text for every browser. Hearts (`<3`), sums
 * (`a < b`), ampersands and code stay readable. What is stored is not touched.
 *
 * The result contains no `<` before a letter, `/`, `!` or `?`, so it has no element when parsed as HTML content. It is not
 * made for attributes, scripts or URLs.
 */
export function sanitiseForDisplay(text: string): string {
  if (!text.includes('<')) return text;
  return text.replace(MACHINE, '').replace(COMMENT, '').replace(TAG, lineOrNothing).replace(OPENING, '< ');
}

function lineOrNothing(tag: string): string {
  return LINE.test(tag) ? '\n' : '';
}
