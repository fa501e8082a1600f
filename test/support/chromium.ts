import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { fetchPrograms } from './programs.js';

/** A page in a real browser, and what the browser has complained about. */
export interface OpenPage {
  readonly page: Page;
  /** Messages of its console, errors of scripts, requests that failed, and what the page's policy has forbidden. */
  readonly complaints: readonly string[];
}

/** A real Chromium. */
export class Chromium {
  private constructor(private readonly browser: Browser) {}

  /** Why it cannot be had on this machine; or a way to start it. */
  static async find(): Promise<{ readonly start: () => Promise<Chromium> } | { readonly missing: string }> {
    const fetched = await fetchPrograms('chromium.sh');
    if ('missing' in fetched) return fetched;
    const executablePath = fetched.printed;
    // The tests run as root in containers, where Chromium's own sandbox cannot be made; it opens nothing but our pages.
    const args = ['--no-sandbox', '--disable-gpu'];
    return { start: async () => new Chromium(await chromium.launch({ executablePath, args })) };
  }

  /** An empty page of a browser that knows nothing yet: no cookies, no cache. */
  async open(options: BrowserContextOptions = {}): Promise<OpenPage> {
    const context = await this.browser.newContext(options);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
    return { page, complaints };
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}
