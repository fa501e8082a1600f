import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { HealthService } from '../health/index.js';
import type { Permission } from '../security/index.js';
import { RequestHistory } from './request-history.js';
import type { StatusLanguage } from './status.language.js';
import { renderStatusPage, type StatusDetails } from './status.page.js';
import { StatusRegistry } from './status.registry.js';
import { SECTION_STATES, type SectionContent, type StatusSection } from './status.section.js';
import { STATUS_TEXTS } from './status.texts.js';

/** Longest wait for a section, in milliseconds. */
const TIME_LIMIT = 2000;

/** The status page, as much of it as somebody may see. */
@Injectable()
export class StatusService {
  private readonly logger = new Logger('Status');

  constructor(
    private readonly health: HealthService,
    private readonly registry: StatusRegistry,
    private readonly history: RequestHistory,
  ) {}

  /** @param permissions of who asks; without `operations:read` there is nothing but the overall state */
  async page(permissions: ReadonlySet<Permission> | undefined, language: StatusLanguage): Promise<string> {
    const { status, version, components } = await this.health.report();
    const open = { status, version, now: new Date() };
    if (!permissions?.has('operations:read')) return renderStatusPage(open, language);
    const sections = await this.readAll(permissions, language);
    const details = { components, sections, minutes: this.history.minutes() };
    return renderStatusPage({ ...open, details }, language);
  }

  /** What is wrong comes first, then as they were registered. */
  private async readAll(
    permissions: ReadonlySet<Permission>,
    language: StatusLanguage,
  ): Promise<StatusDetails['sections']> {
    const allowed = this.registry.list().filter(({ permission }) => permissions.has(permission));
    const read = await Promise.all(
      allowed.map(async (section) => ({ section, content: await this.read(section, language) })),
    );
    const rank = ({ content }: { content: SectionContent }): number => SECTION_STATES.indexOf(content.state);
    return read.sort((one, other) => rank(one) - rank(other));
  }

  private async read(section: StatusSection, language: StatusLanguage): Promise<SectionContent> {
    const abort = new AbortController();
    const late = sleep(TIME_LIMIT, undefined, { signal: abort.signal, ref: false });
    try {
      const content = await Promise.race([Promise.resolve().then(() => section.read(language)), late]);
      if (content) return content;
      this.logger.warn({ section: section.id }, 'a section of the status page took too long');
    } catch (error) {
      this.logger.warn({ section: section.id, err: error }, 'a section of the status page could not be read');
    } finally {
      abort.abort();
    }
    return { state: 'unknown', rows: [], note: STATUS_TEXTS[language].notKnown };
  }
}
