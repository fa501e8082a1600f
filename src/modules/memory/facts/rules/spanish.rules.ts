import { SPANISH_CHANGES } from './spanish.changes.js';
import { SPANISH_HABITS } from './spanish.habits.js';
import { SPANISH_LIFE } from './spanish.life.js';
import { rulesOf } from './rule.js';

/** What Spanish says with verbs, in the order in which it is tried. */
export const SPANISH_RULES = rulesOf([...SPANISH_CHANGES, ...SPANISH_LIFE, ...SPANISH_HABITS]);
