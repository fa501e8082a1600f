import type { Permission } from '../security/index.js';
import type { StatusLanguage } from './status.language.js';

/**
 * How a section, or a row of it, stands: `ok`; `warning`, somebody should look at it; `error`, somebody must; `off`, there
 * is nothing that could be well or unwell; `unknown`, it could not be found out.
 */
export const SECTION_STATES = ['error', 'warning', 'unknown', 'ok', 'off'] as const;
export type SectionState = (typeof SECTION_STATES)[number];

/** A moment is shown by its age, `seconds` as a duration, null as a dash. */
export type RowValue = string | number | Date | { readonly seconds: number } | null;

export interface StatusRow {
  readonly label: string;
  readonly value: RowValue;
  /** Of rows that stand for something that can be well or unwell. */
  readonly state?: SectionState;
}

export interface SectionContent {
  readonly state: SectionState;
  readonly rows: readonly StatusRow[];
  /** A sentence below the rows. */
  readonly note?: string;
}

/** A part of the status page. What it tells is for operators, and never of people: no names, addresses, contents. */
export interface StatusSection {
  /** Lower case letters and dashes; the section's anchor on the page. */
  readonly id: string;
  readonly title: Readonly<Record<StatusLanguage, string>>;
  /** Who lacks it does not see the section, besides `operations:read`, without which there is none. */
  readonly permission: Permission;
  /** Asked for each page, within a limit of time. When it throws, the section says that it is not known. */
  read(language: StatusLanguage): Promise<SectionContent> | SectionContent;
}
