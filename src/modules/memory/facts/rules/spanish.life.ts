import { type Line } from './rule.js';

const NUMBER =
  '\\d{1,3}|un|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince|dieciseis|diecisiete|dieciocho|diecinueve|veinte|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa|(?:treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa) y (?:uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve)';
const with_ = (source: string): RegExp => new RegExp(source.replaceAll('NUMBER', NUMBER));
const PLURALS = '(?:os|as|o|a)';

/** What Spanish says with verbs of body, age, family, work, home and school. */
export const SPANISH_LIFE: readonly Line[] = [
  ['ser', /^(?:muy |bastante |superalergic[oa] |tambien )*alergic[oa]s? (?:a|al) (?<allergy>.+)/],
  [
    'tener',
    /^(?:una |mucha |bastante )?alergia (?:(?:muy )?(?:grave|fuerte|severa|leve|importante|tremenda) )?(?:a|al) (?<allergy>.+)/,
  ],
  ['tener dar', /^(?:mucha )?alergia (?<allergy>(?:el|la|los|las) .+)/],
  ['ser', /^(?:muy )?intolerantes? (?:a|al) (?<intolerance>.+)/],
  ['tener', /^(?:una )?intolerancia (?:a|al) (?<intolerance>.+)/],
  ['diagnosticar detectar', /^(?:una? )?(?<diagnosis>.+)/, { begins: true, negative: null, moods: ['past', 'done'] }],
  [
    'ser',
    /^(?:muy |un poco )?(?<condition>celiac[oa]s?|diabetic[oa]s?(?: tipo [12])?|asmatic[oa]|epileptic[oa]|dislexic[oa]|autista|daltonic[oa]|miope|anemic[oa]|sord[oa]|cieg[oa]|hipertens[oa])$/,
  ],
  [
    'ser volver hacer',
    /^(?:se )?(?:un |una |estrictamente |totalmente )?(?<diet>vegetarian[oa]s?|vegan[oa]s?|pescetarian[oa]s?|flexitarian[oa]s?)$/,
    { begins: 'becoming' },
  ],
  [
    'seguir hacer llevar estar',
    /^(?:a |con |una )*dieta (?<diet>(?:sin |baja en |halal|keto|kosher|mediterranea|blanda|vegana|vegetariana).*)/,
  ],
  ['comer', /^(?<diet>halal|kosher|sin gluten|sin sal|vegetariano|vegano)$/],
  [
    'ser estar',
    new RegExp(
      `^(?:ya |felizmente |recien )?(?<relationship_status>casad${PLURALS}s?|divorciad${PLURALS}s?|solter${PLURALS}s?|prometid${PLURALS}s?|comprometid${PLURALS}s?|separad${PLURALS}s?|viud${PLURALS}s?|en pareja)(?: con (?<spouse>.+)| de .+)?$`,
    ),
  ],
  ['quedar', new RegExp(`^(?<relationship_status>viud${PLURALS})$`), { begins: true, negative: null }],
  ['casar', /^(?:con (?<spouse>.+))?$/, { begins: true, set: { relationship_status: 'casado' } }],
  [
    'divorciar',
    /^(?:de .+)?$/,
    { begins: true, set: { relationship_status: 'divorciado' }, ends: { spouse: '*' }, negative: null },
  ],
  ['separar', /^(?:de .+)?$/, { begins: true, set: { relationship_status: 'separado' }, negative: null }],
  [
    'prometer comprometer',
    /^(?:con .+)?$/,
    { begins: true, set: { relationship_status: 'prometido' }, negative: null, moods: ['past', 'done'] },
  ],
  [
    'dejar romper',
    /^con (?:mi|su) (?:novi[oa]|pareja|marido|mujer|esposa)$/,
    { begins: true, set: { relationship_status: 'soltero' }, ends: { spouse: '*' }, negative: null },
  ],
  [
    'estar',
    /^(?:en (?:el )?paro|desemplead[oa]|sin trabajo)$/,
    { set: { occupation: 'en paro' }, ends: { employer: '*' } },
  ],
  ['estar ser', /^(?<occupation>jubilad[oa])$/, { ends: { employer: '*' } }],
  [
    'jubilar',
    /^(?:de .+)?$/,
    { begins: true, set: { occupation: 'jubilado' }, ends: { employer: '*' }, negative: null, moods: ['past', 'done'] },
  ],
  ['tener', with_('^(?:ya |solo )?(?<age>NUMBER) a(?:n|ñ)os?(?: recien cumplidos| cumplidos)?$')],
  [
    'cumplir',
    with_('^(?:ya )?(?:los )?(?<age>NUMBER)(?: anos)?$'),
    { begins: true, negative: null, moods: ['past', 'done'] },
  ],
  ['cumplir', /^(?:los )?anos (?:el )?(?:dia )?(?<birth_date>.+)/, { negative: null }],
  [
    'nacer',
    /^(?:el )?(?:dia )?(?<birth_date>\d.*?|(?:uno|primero|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce|quince|veint\w+|treinta) de .+?)(?: en (?<birthplace>.+))?$/,
    { begins: true, negative: null },
  ],
  ['nacer', /^en (?<birthplace>[^\d]+?)(?: en \d{4}| el (?<birth_date>.+))?$/, { begins: true, negative: null }],
  [
    'ser venir',
    /^(?:originari[oa]s? )?de (?<hometown>(?!(?:[a-z]+ )?(?:los|las|que|verdad|broma|mi|tu|su|noche|dia|izquierda|derecha|letras|ciencias)\b).+)/,
  ],
  [
    'ser',
    /^(?<nationality>espanola?|inglesa?|britanic[oa]|francesa?|alemana?|italian[oa]|portuguesa?|irlandesa?|mexican[oa]|argentin[oa]|colombian[oa]|chin[oa]|japonesa?|indi[oa]|polac[oa]|holandesa?|suec[oa]|grieg[oa]|marroqui|ruman[oa]|brasilen[oa]|peruan[oa]|venezolan[oa]|cuban[oa]|canadiense|australian[oa]|estadounidense|rus[oa]|ucranian[oa]|ecuatorian[oa]|chilen[oa])s?$/,
  ],
  [
    'ser',
    /^(?<religion>cristian[oa]|catolic[oa]|musulman[a]?|judi[oa]|hindu|budista|ate[oa]|agnostic[oa]|protestante|evangelic[oa])s?$/,
  ],
  ['ser', /^(?<handedness>zurd[oa]|diestr[oa])$/],
  ['tener', /^(?:mucho |mucha |un poco de )?(?:miedo|fobia|panico|terror) (?:a|al) (?<fear>.+)/],
  ['dar', /^(?:mucho |un )?(?:miedo|panico|terror) (?<fear>.+)/],
  ['aterrar asustar', /^(?<fear>(?:el|la|los|las) .+)/],
  ['ser', /^(?:muy )?(?:buen[oa]|bueni?sim[oa]) (?:en|con) (?<skill>.+)/, { negative: null }],
  ['dar', /^(?:muy )?(?:bien|genial) (?<skill>.+)/, { negative: null }],
  [
    'ser',
    /^(?:un |una )?(?:muy |super|gran |muy muy )?(?:fan|aficionad[oa]|apasionad[oa]|amante|forof[oa]|seguidor|seguidora) (?:de|a|del|al) (?<likes>.+)/,
    { negative: 'dislikes' },
  ],
  [
    'ser',
    /^del? (?<favourite_team>(?:real )?(?:betis|madrid|barca|barcelona|atleti|atletico|sevilla fc|athletic|valencia cf|real sociedad|villarreal|celta|depor|espanyol|getafe|osasuna)(?: [a-z]+)?)$/,
  ],
  [
    'estar hacer cursar empezar',
    /^(?:en )?(?<school_year>(?:[1-6](?:º|o|°)?|primero|segundo|tercero|cuarto|quinto|sexto) (?:de |curso de )?(?:primaria|la eso|eso|bachillerato|bachiller|bach|infantil|carrera|secundaria)|(?:primero|segundo|tercero|cuarto|quinto|sexto)|infantil|bachillerato)(?: en (?<school>.+))?$/,
    { begins: 'becoming' },
  ],
  ['estar', /^embarazada$/, { set: { pregnancy: 'embarazada' }, moods: ['present', 'ended'] }],
  [
    'estar quedar',
    /^(?:embarazada|esperando un bebe|esperando gemelos)(?: .*)?$/,
    { set: { pregnancy: 'embarazada' }, negative: null, moods: ['present', 'past', 'done'] },
  ],
  [
    'esperar',
    /^(?:un bebe|una nina|un nino|gemelos|mellizos|nuestro .+ hijo)$/,
    { set: { pregnancy: 'embarazada' }, negative: null, moods: ['present'] },
  ],
  ['medir', /^(?:ya )?(?<height>\d(?:[.,]\d+)?(?: ?m(?:etros?)?(?: \d+)?)?|\d{2,3} ?(?:cm|centimetros)?|un metro .+)$/],
  ['pesar', /^(?:ya )?(?<weight>\d[\d.,]* ?(?:kg|kilos?|kilogramos)?)$/],
  ['usar calzar gastar tener', /^(?:un |el )?(?:numero |pie )?(?<shoe_size>\d{2}(?:[.,]5)?)(?: de (?:pie|zapato))?$/],
  [
    'trabajar',
    /^(?:a tiempo (?:completo|parcial) )?(?:de|como) (?<occupation>[^,]+?)(?: (?:en|para|con) (?<employer>.+))?$/,
  ],
  [
    'ser hacer',
    /^(?:se |un |una )?(?<trade>[^,]+?)(?: (?:en|para|del|de la) (?<employer>.+))?$/,
    { begins: 'becoming' },
  ],
  ['trabajar', /^(?:para|con) (?<employer>(?!(?:el|la|mi|ganar|comer|vivir|un|ell?os) ).+)/],
  ['trabajar', /^en (?<employer>[^,]+?) como (?<occupation>[a-z]+(?: [a-z]+)?)$/],
  ['trabajar', /^en (?<employer>(?!(?:casa|eso|esto|ello|equipo|remoto|verano|el futuro)\b).+)/],
  ['trabajar', /^por cuenta propia$/, { set: { occupation: 'autónomo' } }],
  [
    'empezar entrar comenzar',
    /^(?:a trabajar |un (?:nuevo )?trabajo |a currar )(?:en|de|como) (?<employer>.+)/,
    { begins: true, negative: null, moods: ['past', 'done'] },
  ],
  [
    'dejar perder',
    /^(?:mi|su|el|nuestro) (?:trabajo|curro|empleo|puesto)(?: .*)?$/,
    { begins: true, ends: { employer: '*', occupation: '*' }, negative: null, moods: ['past', 'done'] },
  ],
  [
    'despedir echar',
    /^(?:del (?:trabajo|curro)|de .+)?$/,
    { begins: true, ends: { employer: '*', occupation: '*' }, negative: null, moods: ['past', 'done'] },
  ],
  [
    'cambiar',
    /^de (?:cole|colegio|instituto|escuela|insti)(?:(?: y ahora va)? (?:a|al) (?<school>.+))?$/,
    { begins: true, ends: { school: '*' }, negative: null, moods: ['past', 'done'] },
  ],
  [
    'cambiar',
    /^de (?:trabajo|curro|empresa)$/,
    { begins: true, ends: { employer: '*', occupation: '*' }, negative: null, moods: ['past', 'done'] },
  ],
  [
    'cambiar pasar',
    /^(?:(?:de|desde) .+ )?(?:al|a la|a) (?<school>(?:cole|colegio|instituto|escuela|insti|ies|ceip|uni|universidad|guarderia).*)/,
    { begins: true, negative: null, moods: ['past', 'done'] },
  ],
  [
    'vivir residir',
    /^(?:ahora |tod[oa]s |junt[oa]s |sol[oa] |con [^,]+? )*(?:en|por) (?<home_location>.+)/,
    { moods: ['present', 'past', 'ended', 'begun', 'done'] },
  ],
  [
    'ir venir',
    /^(?:todos )?a vivir (?:a|en|al) (?<home_moved>.+)/,
    { begins: true, negative: null, moods: ['past', 'done'] },
  ],
  [
    'mudar trasladar',
    /^(?:de casa |(?:de|desde) [^,]+? )?(?:a vivir |todos )?(?:a|al) (?:vivir (?:a|en) )?(?<home_moved>.+)/,
    { begins: true, negative: null, moods: ['past', 'done'] },
  ],
  [
    'ir asistir',
    /^(?:al|a la|a) (?<school>(?:cole|colegio|instituto|escuela|insti|ies|ceip|uni|universidad|guarderia|guarde|facultad|conservatorio).*)/,
    { moods: ['present', 'past', 'ended', 'begun'] },
  ],
  [
    'estar',
    /^en (?:el|la) (?<school>(?:cole|colegio|instituto|escuela|insti|ies|ceip|uni|universidad|guarderia|facultad) .+)/,
  ],
  [
    'empezar entrar matricular comenzar',
    /^(?:en |a |al )(?:el |la )?(?<school>(?:cole|colegio|instituto|escuela|insti|ies|ceip|uni|universidad|guarderia|facultad|conservatorio).*)/,
    { begins: true, negative: null, moods: ['past', 'done'] },
  ],
  ['estudiar', /^(?:en (?:el |la )?)(?<school>.+)$/],
  [
    'estudiar',
    /^(?:la carrera de |un grado en |un master en )?(?<field_of_study>(?!mucho|para|poco|en |por )[^,]+?)(?: en (?:el |la )?(?<school>.+))?$/,
  ],
  ['graduar', /^(?:en|por) (?<degree>.+)/, { begins: true, negative: null, moods: ['past', 'done'] }],
  ['tener', /^(?:un |una |el |la )(?<degree>(?:grado|licenciatura|master|doctorado|carrera|titulo) (?:en|de|del) .+)/],
];
