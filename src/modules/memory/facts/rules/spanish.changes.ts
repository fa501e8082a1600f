import { type Line } from './rule.js';

const THE = '(?:el |la |los |las |lo |un |una |mi |su |mis |sus )?';
const PAST = { begins: true, negative: null, moods: ['past', 'done'] } as const;

/** How Spanish says that something is given up, exchanged or begun; tried before the other rules. */
export const SPANISH_CHANGES: readonly Line[] = [
  [
    'cambiar sustituir reemplazar',
    new RegExp(`^(?!de )(?:del? )?${THE}(?<over>[^,]+?) por (?:el |la |los |las )?(?<taken>[^,]+)$`),
    PAST,
  ],
  [
    'cambiar pasar',
    new RegExp(`^(?:se )?(?:de |del )${THE}(?<over>[^,]+?) (?:al|a la|a los|a las|a) (?<taken>[^,]+)$`),
    PAST,
  ],
  ['pasar', /^(?:se )?(?:al|a la) (?<taken>[^,]+)$/, PAST],
  [
    'dejar abandonar',
    new RegExp(`^${THE}(?:clases de |clase de )?(?<over>(?!(?:trabajo|curro|empleo|puesto|con|de)\\b)[^,]+)$`),
    PAST,
  ],
  [
    'borrar desapuntar quitar salir',
    /^(?:se )?(?:del?|de la|de las|de los) (?:clases de |clase de )?(?<over>[^,]+)$/,
    PAST,
  ],
  ['dejar', /^de (?:ir a |hacer |jugar al? |tocar |tomar )(?:el |la |los |las |clases de )?(?<over>[^,]+)$/, PAST],
  [
    'ir',
    /^(?:a|al) (?:clases? de |clase de |la |las )?(?<goes_to>[^,]+)$/,
    { moods: ['present', 'ended', 'begun'], negative: null },
  ],
  ['pasar quitar ir superar curar', /^(?:ya )?(?:la |el )?(?<over>(?:alergia|intolerancia) [^,]+)$/, PAST],
  ['estar trabajar seguir', /^(?:en|con) (?<over>[^,]+)$/, { moods: ['ended'] }],
  ['cortar romper dejar', /^con [^,]+$/, { ...PAST, set: { relationship_status: 'soltero' }, ends: { spouse: '*' } }],
  [
    'tener',
    /^(?:un |una )?nuev[oa] (?:medic[oa]|doctora?|pediatra)(?: de cabecera)?,? (?:que se llama |se llama )?(?<doctor>[^,]+)$/,
    { negative: null },
  ],
  ['tener', /^(?:un |una )?nuev[oa] dentista,? (?:que se llama |se llama )?(?<dentist>[^,]+)$/, { negative: null }],
  [
    'tener',
    /^(?:un |una )?nuev[oa] (?:profe|profesora?|maestr[oa]|tutora?|seno),? (?:que se llama |se llama )?(?<teacher>[^,]+)$/,
    { negative: null },
  ],
  [
    'estar ir',
    /^(?:en|a) (?<school_year>primero|segundo|tercero|cuarto|quinto|sexto)(?: de primaria)?,? con (?:la |el )?(?<teacher>(?:seno|profe|senorita|don|dona|maestr[oa]) [a-z]+)$/,
    { negative: null, moods: ['present'] },
  ],
  [
    'tener',
    /^(?:de profe |de tutora? )?a (?<has_teacher>(?:don|dona|la seno|el profe|la profe) [a-z]+)$/,
    { negative: null, moods: ['present'] },
  ],
  ['tomar', new RegExp(`^${THE}(?<over_med>[^,]+)$`), { moods: ['ended'] }],
  ['quitar retirar suspender', new RegExp(`^(?:ya )?${THE}(?<over_med>[^,]+)$`), PAST],
  ['recetar pautar prescribir', new RegExp(`^(?:ya )?${THE}(?<prescribed>[^,]+)$`), PAST],
  ['mandar poner dar', new RegExp(`^(?:ya |a )?${THE}(?:tratamiento con )?(?<treatment>[^,]+)$`), PAST],
  ['empezar comenzar', /^con (?:el |la |los |las )?(?<treatment>[^,]+)$/, PAST],
  ['empezar comenzar', /^(?:con |a hacer |clases de )?(?:el |la |las |clases de )?(?<taken>[^,]+)$/, PAST],
  [
    'renunciar dimitir',
    /^(?:(?:al|a mi|a su) (?:trabajo|puesto|curro|empleo))?$/,
    { ...PAST, ends: { employer: '*', occupation: '*' } },
  ],
  [
    'coger contratar fichar',
    /^(?:de [a-z]+ )?(?:en|por) (?<company>[^,]+?)(?: (?:de|como) (?<occupation>[^,]+))?$/,
    PAST,
  ],
  ['entrar incorporar', /^(?:a trabajar )?(?:en|a) (?<company>[^,]+?)(?: (?:de|como) (?<occupation>[^,]+))?$/, PAST],
  ['laburar chambear currar', /^(?:de|como) (?<occupation>[^,]+?)(?: (?:en|para) (?<employer>.+))?$/],
  ['laburar chambear currar', /^(?:en|para) (?<employer>[^,]+)$/],
  [
    'manejar',
    /^(?:un |una |el )?(?:nuevo )?(?<vehicle>(?:ford|toyota|seat|renault|volkswagen|bmw|audi|tesla|fiat|nissan|honda|peugeot|citroen|kia|hyundai|opel|skoda|volvo|mazda|mini|dacia|mercedes|chevrolet|moto|vespa)\b.*)$/,
  ],
  ['mudar trasladar', /^(?:de (?:casa|piso))?$/, { ...PAST, ends: { home_location: '*' } }],
  ['cambiar', /^de (?:casa|piso)$/, { ...PAST, ends: { home_location: '*' } }],
  [
    'usar tener gastar llevar',
    /^(?:la )?talla (?<clothes_size>xxs|xs|s|m|l|xl|xxl|\d{1,2})(?: de (?:ropa|camisetas?|camisas?|pantalon(?:es)?))?$/,
  ],
  [
    'usar llevar',
    /^(?:la |una )(?<clothes_size>xxs|xs|s|m|l|xl|xxl)(?: de (?:ropa|camisetas?|camisas?|pantalon(?:es)?))?$/,
  ],
  [
    'estar ir',
    /^(?:en|a|al) (?:el |la )?(?<young_school>[^,]+)$/,
    { moods: ['present'], negative: null, heard: /\b(?:cole|colegio|instituto|insti|escuela|guarderia|curso)\b/ },
  ],
  ['calzar', /^(?:un |el |del )?(?<shoe_size>\d{2}(?:[.,]5)?)$/],
];
