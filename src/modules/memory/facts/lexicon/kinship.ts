import { type Gender } from './names.js';

export type Tie = 'parent' | 'child' | 'sibling' | 'partner' | 'grandparent' | 'grandchild' | 'outsider';

export interface Kin {
  readonly tie: Tie;
  readonly gender: Gender | null;
  readonly plural: boolean;
  /** As relations are named: "mother", "son"... */
  readonly relation: string;
}

const WORDS: readonly (readonly [
  relation: string,
  tie: Tie,
  gender: Gender | null,
  singular: string,
  plural: string,
])[] = [
  ['mother', 'parent', 'f', 'mum mom mother mummy mommy mam mama madre mami ma', 'mums moms mothers madres mamas'],
  ['father', 'parent', 'm', 'dad father daddy papa padre papi pa', 'dads fathers'],
  ['parent', 'parent', null, 'parent', 'parents padres folks papas'],
  ['son', 'child', 'm', 'son hijo boy nino', 'sons boys'],
  ['daughter', 'child', 'f', 'daughter hija girl nina', 'daughters girls hijas ninas'],
  ['child', 'child', null, 'child kid baby bebe peque toddler', 'children kids hijos ninos peques crios'],
  ['brother', 'sibling', 'm', 'brother bro hermano hermanito tete', 'brothers'],
  ['sister', 'sibling', 'f', 'sister sis hermana hermanita tata', 'sisters hermanas'],
  ['sibling', 'sibling', null, 'sibling', 'siblings hermanos'],
  ['husband', 'partner', 'm', 'husband hubby marido esposo', ''],
  ['wife', 'partner', 'f', 'wife esposa mujer', ''],
  ['partner', 'partner', null, 'partner spouse pareja', ''],
  [
    'grandmother',
    'grandparent',
    'f',
    'grandma grandmother granny nan nana nanny gran abuela abuelita yaya grandmum',
    'grandmas abuelas',
  ],
  [
    'grandfather',
    'grandparent',
    'm',
    'grandpa grandfather grandad granddad gramps pops abuelo abuelito yayo',
    'grandpas grandads',
  ],
  ['grandparent', 'grandparent', null, 'grandparent', 'grandparents abuelos yayos'],
  ['grandson', 'grandchild', 'm', 'grandson nieto', 'grandsons'],
  ['granddaughter', 'grandchild', 'f', 'granddaughter grandaughter nieta', 'granddaughters nietas'],
  ['grandchild', 'grandchild', null, 'grandchild grandkid', 'grandchildren grandkids nietos'],
];
const OUTSIDERS =
  'friend neighbour neighbor boss colleague coworker co-worker teacher cousin uncle aunt auntie aunty nephew niece boyfriend girlfriend ex mate buddy bestie roommate flatmate classmate coach doctor dentist babysitter nanny godmother godfather godson goddaughter stepmother stepfather stepmum stepdad stepson stepdaughter stepsister stepbrother mother-in-law father-in-law brother-in-law sister-in-law son-in-law daughter-in-law landlord cleaner tutor client customer manager ' +
  'amigo amiga vecino vecina jefe jefa companero companera profesor profesora profe primo prima tio tia sobrino sobrina novio novia colega cunado cunada suegro suegra yerno nuera padrino madrina ahijado ahijada padrastro madrastra hermanastro hermanastra medico doctora dentista canguro casero entrenador';

const table = new Map<string, Kin>();
for (const [relation, tie, gender, singular, plural] of WORDS) {
  for (const word of singular.split(' ')) table.set(word, { relation, tie, gender, plural: false });
  for (const word of plural.split(' ')) if (word) table.set(word, { relation, tie, gender, plural: true });
}
for (const word of OUTSIDERS.split(' ')) {
  const kin: Kin = { relation: word, tie: 'outsider', gender: null, plural: false };
  table.set(word, kin);
  table.set(`${word}s`, { ...kin, plural: true });
}

/** What a folded word says of kinship; null for other words. */
export const kinOf = (word: string): Kin | null => table.get(word) ?? null;

/** Kinship words that stand alone as a name of somebody: "Mum is ...", "el abuelo ...". */
export const ADDRESS =
  /^(?:mum|mom|mummy|mommy|mam|mama|mami|dad|daddy|papa|papi|grandma|granny|nan|nana|gran|grandpa|grandad|granddad|gramps|abuela|abuelo|abuelita|abuelito|yaya|yayo)$/;
