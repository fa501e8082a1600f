import { type Line } from './rule.js';

const BODY =
  'pierna|brazo|muneca|tobillo|pie|dedo|nariz|clavicula|codo|costilla|cadera|rodilla|mano|hombro|cuello|diente|femur|perone|menisco|ligamento';
const HAS_PET =
  '(?:an? |un |una |dos |tres |cuatro |unos |unas |\\d )?(?:(?:nuevo|nueva|pequeno|pequena|precioso|preciosa) )*(?<pet>(?:perros?|perras?|perritos?|perritas?|gatos?|gatas?|gatitos?|gatitas?|cachorros?|cachorritos?|cachorra|hamsters?|conejos?|conejitos?|pez|peces|loros?|periquitos?|canarios?|cobayas?|tortugas?|caballos?|ponis?|serpientes?|lagartos?|hurones|huron|gallinas?|iguana|labrador|caniche|galgo|galga|ratones|raton|pajaros?|pajarito)(?: (?:blanc[oa]|negr[oa]|marron|de agua|labrador|siames|persa|aleman))?(?:(?: [a-z]+)?,? (?:que se llaman?|llamad[oa]s?) [^,.]+)?)(?: en casa)?$';

/** What Spanish says with verbs of languages, taste, health, pets, pastimes and events. */
export const SPANISH_HABITS: readonly Line[] = [
  [
    'hablar',
    /^(?:muy bien |bien |perfectamente |un poco de |algo de |con fluidez )?(?:en )?(?<language>[^,].*?)(?: (?:en casa|con fluidez|perfectamente|muy bien|bien|fluido|con .+))?$/,
  ],
  ['aprender estudiar', /^(?:a (?:hablar|tocar) |a )?(?:la |el )?(?<learning>[^,]+)/, { moods: ['present', 'begun'] }],
  ['comer', /^(?<eats>.+)/, { negative: 'avoids_food', moods: ['can', 'present', 'ended', 'begun'] }],
  [
    'tomar beber',
    /^(?<eats>(?:leche|alcohol|cafe|te|lactosa|gluten|azucar|cafeina|vino|cerveza|refrescos).*)/,
    { negative: 'avoids_food', moods: ['can', 'present', 'ended'] },
  ],
  ['evitar', /^(?:comer )?(?<avoids_food>.+)/, { negative: null }],
  ['soportar aguantar', /^(?:a )?(?<dislikes>.+)/, { needsNo: true }],
  [
    'gustar encantar apasionar molar chiflar flipar fascinar interesar entusiasmar adorar',
    /^(?:a |un monton |muchisimo |mucho |tanto |mas |bastante |muy poco )*(?<likes>.+)/,
    { negative: 'dislikes' },
  ],
  ['odiar detestar', /^(?<dislikes>.+)/, { negative: null }],
  [
    'quitar',
    /^(?:el |los |las |la )?(?<wears>brackets|aparato|ortodoncia|gafas|escayola)$/,
    { closes: true, moods: ['past', 'done'], negative: null },
  ],
  ['vender', /^(?:el|la|mi|nuestro|nuestra) (?<vehicle>.+)/, { closes: true, moods: ['past', 'done'], negative: null }],
  ['repugnar horrorizar', /^(?<dislikes>.+)/, { negative: null }],
  ['dar', /^(?:mucho |un )?asco (?<dislikes>.+)/, { negative: null }],
  [
    'preferir',
    /^(?:que (?:me|le) (?:escriban|contacten|hablen) por |hablar por |el |los |las )?(?<contact_preference>whatsapp|correo(?: electronico)?|email|telefono|llamadas?|mensajes?|sms|telegram|audios)(?: .*)?$/,
    { negative: null },
  ],
  [
    'preferir gustar',
    /^(?:las |los )?(?<communication_style>(?:respuestas|mensajes|explicaciones) (?:muy )?(?:cort[oa]s|breves|larg[oa]s|detallad[oa]s|direct[oa]s|clar[oa]s|formales|informales|concis[oa]s|sencill[oa]s))$/,
    { negative: null },
  ],
  ['preferir', /^que (?:me|le) (?:llamen|llameis|digan) (?<preferred_name>.+)/, { negative: null }],
  ['llamar', /^(?<called>\p{L}[\p{L}' ]*)$/u, { negative: null, moods: ['present', 'begun'] }],
  ['decir', /^(?<called_by>\p{Lu}?\p{L}+)$/u, { negative: null, moods: ['present'] }],
  ['usar', /^(?:los )?pronombres (?<pronouns>.+)/],
  ['tener llevar', new RegExp(`^(?:adoptado )?${HAS_PET}`)],
  [
    'adoptar comprar rescatar',
    new RegExp(`^(?:a )?${HAS_PET}`),
    { begins: true, moods: ['past', 'done'], negative: null },
  ],
  ['tener haber', /^(?:ningun[ao]? )?mascotas?$/, { negative: 'pet', moods: ['ended'] }],
  [
    'llevar usar necesitar poner',
    /^(?:unas |unos |un |una |nuevas )?(?<wears>gafas|lentillas|lentes|audifonos?|brackets|aparato|ortodoncia|marcapasos|bomba de insulina|plantillas|dentadura postiza)(?: (?:para|de|desde|en) .*)?$/,
    { begins: 'becoming' },
  ],
  [
    'tener',
    /^(?:\d |un |una |dos |tres |cuatro )?(?:(?<sibling>herman[oa]s?(?: (?:mayor|pequen[oa]|menor|gemel[oa])(?:es)?)?(?:,? (?:que se llaman?|llamad[oa]s?) .+)?)|(?<child>(?:hij[oa]s?|nin[oa]s?)(?:,? (?:que se llaman?|llamad[oa]s?|y una?) .+)?))$/,
  ],
  [
    'tener',
    /^(?:un |una )(?:(?:nuevo|preciosa|precioso) )?(?:bebe|nino|nina|hijo|hija)(?:,? (?:llamad[oa]|que se llama) (?<birth>\p{L}+))?$/u,
    { moods: ['past', 'done'], begins: true, negative: null, set: { birth_: 'bebé' } },
  ],
  [
    'tener padecer sufrir',
    /^(?:de |una? |mucha |bastante |un poco de )*(?<condition>.+)/,
    { moods: ['present', 'ended', 'past', 'done'] },
  ],
  [
    'tomar',
    /^(?:\d+ ?mg de |una pastilla de |pastillas de |su |mi |medicacion (?:para|de) )?(?<medication>[a-z-]+(?: \d+ ?m[gl])?(?: para (?:la|el) [a-z]+)?(?:(?:,| y) [^,]+?)*)(?: (?:cada|todos|por|dos|tres|una|desde) .*)?$/,
    { moods: ['present', 'ended', 'begun'] },
  ],
  [
    'usar necesitar',
    /^(?:un |una |el |su )?(?<medication>inhalador|insulina|ventolin|epipen|colirio|salbutamol)(?: .*)?$/,
  ],
  ['pinchar poner', /^(?<medication>insulina)(?: .*)?$/],
  [
    'romper fracturar torcer',
    new RegExp(`^(?:el|la|un|una|los|las|su|mi) (?<injury>${BODY})(?: .*)?$`),
    { begins: true, negative: null, moods: ['past', 'done'] },
  ],
  [
    'operar',
    /^(?:de |a .+ de )(?:(?:la|el|los|las|un|una) )?(?<surgery>.+)/,
    { begins: true, negative: null, moods: ['past', 'done'] },
  ],
  [
    'conducir tener comprar',
    /^(?:un |una |el )?(?:(?:nuevo|coche) )*(?<vehicle>(?:ford|toyota|seat|renault|volkswagen|bmw|audi|tesla|fiat|nissan|honda|peugeot|citroen|kia|hyundai|opel|skoda|volvo|mazda|mini|dacia|mercedes|moto|vespa)\b.*)$/,
    { begins: 'becoming' },
  ],
  [
    'jugar',
    /^(?:mucho |un poco )?(?:al|a la|a las|a los|a) (?<plays>[^,]+?)(?: (?:en|con) .+)?$/,
    { moods: ['present', 'can', 'begun', 'ended', 'past'] },
  ],
  [
    'tocar',
    /^(?:muy bien |bien )?(?:el |la |los )(?<plays>[^,]+?)(?: en .+)?$/,
    { moods: ['present', 'can', 'begun', 'ended', 'past'] },
  ],
  [
    'hacer practicar',
    /^(?:mucho |un poco de )?(?<does>[^,]+?)(?: en .+)?$/,
    { moods: ['present', 'begun', 'ended', 'past'] },
  ],
  [
    'montar',
    /^a caballo(?: .*)?$/,
    { set: { sport: 'montar a caballo' }, negative: null, moods: ['present', 'begun'] },
  ],
  ['cantar', /^en (?:el |la |un |una )?(?<membership>coro.*)/],
  ['pertenecer', /^(?:al|a la|a los|a) (?<membership>.+)/],
  [
    'estar entrar apuntar',
    /^(?:en|a|al) (?:el |la |los |un |una )?(?<membership>(?:coro|club|equipo|scouts|orquesta|banda|grupo|asociacion|gimnasio)\b.*)/,
    { begins: 'becoming' },
  ],
  [
    'apuntar inscribir',
    /^(?:a|al|en) (?:la |las |clases de )*(?<does>.+)/,
    { begins: true, negative: null, moods: ['past', 'done'] },
  ],
  ['coleccionar', /^(?<collects>.+)/],
  [
    'querer',
    /^(?<goal>(?:ser|aprender|correr|estudiar|ahorrar|perder peso|adelgazar|escribir|aprobar|abrir|montar un|sacarme|sacarse|terminar|ganar|ir a la uni\w*) ?.*)/,
    { negative: null, moods: ['present'] },
  ],
  ['entrenar', /^para (?<goal>.+)/, { moods: ['present'], negative: null }],
  ['ahorrar', /^para (?<goal>.+)/, { moods: ['present'], negative: null }],
  [
    'ir viajar',
    /^(?:de (?:viaje|vacaciones|luna de miel) )?(?:a|al|por) (?<travel>.+)/,
    { moods: ['past', 'done'], negative: null },
  ],
  ['estar', /^(?:de (?:viaje|vacaciones) )?en (?<travel>.+)/, { moods: ['past', 'done'], negative: null }],
  ['visitar conocer', /^(?<travel>.+)/, { moods: ['past', 'done'], negative: null }],
  [
    'morir fallecer',
    /^(?:de (?:cancer|covid|vieja|viejo|un .+)|en paz|tranquila|tranquilo)?\s*$/,
    { begins: true, negative: null, set: { death: 'murió' }, moods: ['past', 'done'] },
  ],
  [
    'aprobar sacar',
    /^(?:el |la |los |las |mis |sus )?(?<achievement>.+)/,
    { begins: true, moods: ['past', 'done'], negative: null },
  ],
  ['ganar', /^(?:el |la |un |una )?(?<achievement>.+)/, { moods: ['past', 'done'], negative: null }],
];
