/** Where a finite form stands in time. */
export type Tense = 'present' | 'past' | 'participle' | 'ing' | 'base';

export interface EnglishForm {
  readonly lemma: string;
  readonly tense: Tense;
}

/** Irregular verbs: base, past, participle (where it differs). */
const IRREGULAR = `have had; do did done; go went gone; eat ate eaten; speak spoke spoken; drive drove driven; take took taken; get got gotten;
  become became become; begin began begun; break broke broken; wear wore worn; know knew known; teach taught; study studied; play played; move moved; read read;
  sing sang sung; swim swam swum; run ran run; ride rode ridden; write wrote written; draw drew drawn; make made; win won; lose lost; leave left; quit quit; find found; buy bought; sell sold;
  give gave given; drink drank drunk; hate hated; travel travelled; stop stopped; fly flew flown; come came come; feel felt; keep kept; put put; grow grew grown; bear bore born; hurt hurt; sleep slept; wake woke woken; see saw seen; say said; think thought; stand stood; understand understood; cut cut; marry married; pass passed; adopt adopted; let let; meet met; tear tore torn; fall fell fallen; rescue rescued; pick picked; dance danced; split split; fracture fractured; outgrow outgrew outgrown`;
const REGULAR = `live work like love enjoy adore prefer dislike detest want need plan hope learn practise practice train start finish graduate retire attend support follow visit suffer use own call name turn relocate switch change swap transfer join weigh measure cook bake paint avoid celebrate divorce separate die pass sprain operate diagnose identify belong board stay hate fear support resign weigh cycle ski stand separate expect collect tolerate date welcome die propose return save carry walk look help watch listen cry laugh talk ask answer wait bring send show try open close clean wash pay cost spend fix check remember forget miss share set hold lead arrive happen continue seem stay need hear tell sit build believe struggle manage volunteer major coach program code tolerate fancy worry abide hand drop ditch prescribe measure rename rehome donate land enrol enroll sign abandon chuck pack renounce replace recommend trade hire employ promote rescue relocate book order suffer`;

const forms = new Map<string, EnglishForm[]>();
function put(text: string, lemma: string, tense: Tense): void {
  const list = forms.get(text) ?? [];
  list.push({ lemma, tense });
  forms.set(text, list);
}

const DOUBLED = /^(?:plan|stop|drop|swap|get|run|swim|win|cut|put|quit|let|program|split)$/;
function ingOf(verb: string): string {
  if (verb.endsWith('ie')) return `${verb.slice(0, -2)}ying`;
  if (verb.endsWith('e') && !verb.endsWith('ee')) return `${verb.slice(0, -1)}ing`;
  return DOUBLED.test(verb) ? `${verb}${verb.at(-1) ?? ''}ing` : `${verb}ing`;
}
function thirdOf(verb: string): string {
  if (verb === 'have') return 'has';
  if (/(?:s|x|z|ch|sh|o)$/.test(verb)) return `${verb}es`;
  return /[^aeiou]y$/.test(verb) ? `${verb.slice(0, -1)}ies` : `${verb}s`;
}
function regularPast(verb: string): string {
  if (verb.endsWith('e')) return `${verb}d`;
  return /[^aeiou]y$/.test(verb)
    ? `${verb.slice(0, -1)}ied`
    : `${verb}${DOUBLED.test(verb) ? (verb.at(-1) ?? '') : ''}ed`;
}
function conjugate(base: string, past: string, participle: string): void {
  put(base, base, 'base');
  put(thirdOf(base), base, 'present');
  put(past, base, 'past');
  put(participle, base, 'participle');
  put(ingOf(base), base, 'ing');
  if (base === 'travel') put('traveling', base, 'ing');
}

for (const entry of IRREGULAR.split(';')) {
  const [base = '', past = '', participle] = entry.trim().split(' ');
  conjugate(base, past, participle ?? past);
}
for (const base of new Set(REGULAR.split(' ')))
  if (!forms.has(base)) conjugate(base, regularPast(base), regularPast(base));
put('got', 'get', 'participle');
for (const [text, tense] of [
  ['am', 'present'],
  ['is', 'present'],
  ['are', 'present'],
  ['was', 'past'],
  ['were', 'past'],
  ['been', 'participle'],
  ['being', 'ing'],
  ['be', 'base'],
] as const)
  put(text, 'be', tense);
for (const [typo, right] of [
  ['alergic', 'allergic'],
  ['liv', 'live'],
] as const)
  if (forms.has(right)) forms.set(typo, forms.get(right) ?? []);

/** The readings of a folded word as a verb; none for other words. */
export const englishForms = (word: string): readonly EnglishForm[] => forms.get(word) ?? [];
