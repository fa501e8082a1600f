import { ENGLISH_CHANGES } from './english.changes.js';
import { ENGLISH_HABITS } from './english.habits.js';
import { ENGLISH_LIFE } from './english.life.js';
import { rulesOf } from './rule.js';

/** What English says with verbs, in the order in which it is tried. */
export const ENGLISH_RULES = rulesOf([...ENGLISH_CHANGES, ...ENGLISH_LIFE, ...ENGLISH_HABITS]);
