import { fold, type Word } from './fold.js';

/** Person and number of a finite form; `-` for infinitive, participle and gerund. */
export type SpanishPerson = '1s' | '3s' | '1p' | '3p' | '-';
export type SpanishTense = 'present' | 'past' | 'imperfect' | 'participle' | 'gerund' | 'infinitive';

export interface SpanishForm {
  readonly lemma: string;
  readonly tense: SpanishTense;
  readonly person: SpanishPerson;
  /** With its accents. */
  readonly spelling: string;
}

const PERSONS = ['1s', '3s', '1p', '3p'] as const;
const ENDINGS: Record<string, Record<'present' | 'past' | 'imperfect', string>> = {
  ar: { present: 'o a amos an', past: 'é ó amos aron', imperfect: 'aba aba ábamos aban' },
  er: { present: 'o e emos en', past: 'í ió imos ieron', imperfect: 'ía ía íamos ían' },
  ir: { present: 'o e imos en', past: 'í ió imos ieron', imperfect: 'ía ía íamos ían' },
};

const REGULAR = `vivir trabajar gustar encantar odiar hablar estudiar tocar practicar nadar bailar comer beber tomar llevar usar llamar pesar medir necesitar apetecer mudar trasladar cambiar dejar empezar comenzar terminar acabar casar divorciar separar jubilar adoptar comprar vender ganar perder aprobar romper operar diagnosticar detectar viajar visitar aprender entrenar cantar pintar cocinar leer escribir correr celebrar cumplir nacer morir fallecer entrar apuntar graduar matricular preferir evitar tolerar soportar aguantar molar chiflar flipar interesar apasionar doler fracturar torcer montar patinar asistir pasar quedar soler seguir buscar enamorar querer poder conducir dedicar fichar despedir adorar detestar enfermar embarazar regresar volver marchar fastidiar alergia pertenecer participar colaborar entusiasmar jugar tener hacer ir ser estar haber sentar padecer sufrir cuidar fascinar mudarse costar cursar ponerse poner saber conocer ver decir dar venir salir prometer comprometer fascinar repugnar horrorizar asustar aterrar tirar esperar planear identificar mudar inscribir superar curar desarrollar coleccionar rescatar estrenar dormir acostar levantar desayunar cenar ingresar calzar echar residir pinchar suspender echar quitar llegar mirar ayudar pensar llorar caminar pasear andar recoger limpiar lavar pagar olvidar recordar encontrar subir bajar abrir cerrar vestir cumplir renunciar dimitir recetar mandar recomendar coger contratar regalar abandonar borrar desapuntar fichar laburar chambear currar manejar bautizar incorporar firmar alquilar rentar retirar suspender pautar prescribir confirmar heredar ocupar emplear criar instalar sustituir reemplazar trocar rebautizar cortar desaparecer`;
/** Present stems that change: e>ie, o>ue, e>i, u>ue. */
const STEMS: Record<string, string> = {
  empezar: 'empiez',
  comenzar: 'comienz',
  preferir: 'prefier',
  querer: 'quier',
  poder: 'pued',
  soler: 'suel',
  doler: 'duel',
  jugar: 'jueg',
  medir: 'mid',
  seguir: 'sigu',
  perder: 'pierd',
  aprobar: 'aprueb',
  recomendar: 'recomiend',
  morir: 'muer',
  volver: 'vuelv',
  torcer: 'tuerc',
  despedir: 'despid',
  sentar: 'sient',
  costar: 'cuest',
  dormir: 'duerm',
  acostar: 'acuest',
};
/** What follows no rule: lemma, tense, forms for 1s 3s 1p 3p, or one form for participle and gerund. */
const IRREGULAR = `ser present soy es somos son; ser past fui fue fuimos fueron; ser imperfect era era éramos eran; ser participle sido;
  estar present estoy está estamos están; estar past estuve estuvo estuvimos estuvieron;
  ir present voy va vamos van; ir past fui fue fuimos fueron; ir imperfect iba iba íbamos iban; ir gerund yendo; ir participle ido;
  tener present tengo tiene tenemos tienen; tener past tuve tuvo tuvimos tuvieron;
  haber present he ha hemos han; haber imperfect había había habíamos habían; haber participle habido;
  hacer present hago hace hacemos hacen; hacer past hice hizo hicimos hicieron; hacer participle hecho;
  poner present pongo pone ponemos ponen; poner past puse puso pusimos pusieron; poner participle puesto;
  saber present sé sabe sabemos saben; conocer present conozco conoce conocemos conocen; conducir present conduzco conduce conducimos conducen;
  dar present doy da damos dan; dar past di dio dimos dieron; venir present vengo viene venimos vienen; venir past vine vino vinimos vinieron;
  salir present salgo sale salimos salen; ver past vi vio vimos vieron; ver participle visto;
  decir present digo dice decimos dicen; decir past dije dijo dijimos dijeron; decir participle dicho; romper participle roto; morir participle muerto; volver participle vuelto; escribir participle escrito; inscribir participle inscrito;
  leer past leí leyó leímos leyeron; leer gerund leyendo; morir past morí murió morimos murieron; morir gerund muriendo;
  preferir gerund prefiriendo; seguir past seguí siguió seguimos siguieron; medir past medí midió medimos midieron;
  querer past quise quiso quisimos quisieron; poder past pude pudo pudimos pudieron; nacer present nazco nace nacemos nacen; padecer present padezco padece padecemos padecen; pertenecer present pertenezco pertenece pertenecemos pertenecen; despedir past despedí despidió despedimos despidieron; dormir gerund durmiendo; poder gerund pudiendo; ver present veo ve vemos ven`;

const forms = new Map<string, SpanishForm[]>();
const special = new Set<string>();
function put(spelling: string, lemma: string, tense: SpanishTense, person: SpanishPerson): void {
  const key = fold(spelling);
  const list = forms.get(key) ?? [];
  if (!list.some((form) => form.lemma === lemma && form.tense === tense && form.person === person))
    list.push({ lemma, tense, person, spelling });
  forms.set(key, list);
}

for (const entry of IRREGULAR.split(';')) {
  const [lemma = '', tense = '', ...spellings] = entry.trim().split(/\s+/);
  special.add(`${lemma} ${tense}`);
  if (spellings.length === 1) put(spellings[0] ?? '', lemma, tense as SpanishTense, '-');
  else
    spellings.forEach((spelling, at) => {
      put(spelling, lemma, tense as SpanishTense, PERSONS[at] ?? '-');
    });
}

/** -car, -gar, -zar write the first person of the past otherwise. */
const softened = (stem: string): string => stem.replace(/c$/, 'qu').replace(/g$/, 'gu').replace(/z$/, 'c');

for (const lemma of new Set(REGULAR.split(/\s+/))) {
  const kind = lemma.slice(-2);
  const endings = ENDINGS[kind];
  if (!endings) continue;
  const stem = lemma.slice(0, -2);
  put(lemma, lemma, 'infinitive', '-');
  for (const tense of ['present', 'past', 'imperfect'] as const) {
    if (special.has(`${lemma} ${tense}`)) continue;
    endings[tense].split(' ').forEach((ending, at) => {
      const person = PERSONS[at] ?? '-';
      const base =
        tense === 'present' && person !== '1p'
          ? (STEMS[lemma] ?? stem)
          : tense === 'past' && at === 0 && kind === 'ar'
            ? softened(stem)
            : stem;
      put(
        (base === 'sigu' && ending === 'o' ? 'sig' : base === 'tuerc' && ending === 'o' ? 'tuerz' : base) + ending,
        lemma,
        tense,
        person,
      );
    });
  }
  if (!special.has(`${lemma} participle`)) put(stem + (kind === 'ar' ? 'ado' : 'ido'), lemma, 'participle', '-');
  if (!special.has(`${lemma} gerund`)) put(stem + (kind === 'ar' ? 'ando' : 'iendo'), lemma, 'gerund', '-');
}
forms.delete('alergia');

/**
 * The readings of a word as a verb, best first: those whose accents agree with the spelling; people leave accents out,
 * so a form without any still counts when the text has none.
 */
export function spanishForms(word: string, raw: string): readonly SpanishForm[] {
  const found = forms.get(word);
  if (!found) return [];
  const written = raw.toLowerCase().normalize('NFC');
  const exact = found.filter((form) => form.spelling === written);
  if (written !== word) return exact;
  return exact.length === 0 ? found : [...exact, ...found.filter((form) => form.spelling !== written)];
}

/** Whether a word can be a verb with person and number. */
export const isFinite = (word: Word): boolean => spanishForms(word.text, word.raw).some(({ person }) => person !== '-');
