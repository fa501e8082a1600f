import type { Page } from 'playwright-core';

/** Pixels by which the page is wider than the window. */
export const tooWide = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

/** Levels of the headings in their order. */
export const headings = (page: Page): Promise<number[]> =>
  page.evaluate<number[]>("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((one) => Number(one.tagName[1]))");

export interface Contrast {
  readonly text: string;
  readonly ratio: number;
  readonly needed: number;
}

/**
 * Contrast of every text that is seen, and of every mark of a drawing, to what is behind it; and what level AA needs.
 * Source: WCAG 2.2, 1.4.3 and 1.4.11, and its definition of relative luminance.
 */
export const contrasts = (page: Page): Promise<Contrast[]> => page.evaluate<Contrast[]>(CONTRASTS);

// As text, because it runs in the browser, of which the types are none of the tests' own.
const CONTRASTS = `(() => {
  const channels = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const isSolid = (color) => /^rgb/.test(color) && (channels(color)[3] ?? 1) > 0;
  const luminance = (color) => {
    const [red, green, blue] = channels(color).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratioOf = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (isSolid(color)) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (text === '' || element.getClientRects().length === 0) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const isLarge = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && Number(fontWeight) >= 700);
    found.push({ text, ratio: ratioOf(color, behind(element)), needed: isLarge ? 3 : 4.5 });
  }
  for (const bar of document.querySelectorAll('rect'))
    found.push({ text: bar.getAttribute('class'), ratio: ratioOf(getComputedStyle(bar).fill, behind(bar.closest('section'))), needed: 3 });
  return found;
})()`;
