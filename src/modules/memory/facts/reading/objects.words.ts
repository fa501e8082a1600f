/** Where people come from, folded: no names. */
export const NATIONALITIES =
  /^(?:british|scottish|american|mexican|argentinian|argentin[oa]|colombian[oa]?|brazilian|brasilen[oa]|peruvian|peruan[oa]|venezuelan|venezolan[oa]|cuban[oa]?|canadian|canadiense|australian[oa]?|moroccan|marroqui|nigerian[oa]?|pakistani|indian|indi[oa]|chilean|chilen[oa]|ecuatorian[oa]|estadounidense|britanic[oa]|escoces[a]?|swiss|suiz[oa]|belgian?|belga|austrian|mexican[oa]|european|europe[oa]|african[oa]?|asian|asiatic[oa]|latino|latina|andalu[sz]a?|gaditan[oa]|sevillan[oa]|madrilen[oa])s?$/;

/** Names of medicines, folded. */
export const MEDICINE =
  /^(?:metformin|metformina|insulin|insulina|ibuprofen|ibuprofeno|paracetamol|antibiotics?|antibioticos?|amoxicilina|ventolin|salbutamol|antihistamines?|antihistaminicos?|aspirin|aspirina|warfarin|levothyroxine|levotiroxina|statins?|ritalin|concerta|sertraline|sertralina|prozac|fluoxetine|vitamin [a-z]\d*|vitamina [a-z]\d*|iron(?: tablets)?|hierro|omeprazole?|omeprazol|adiro|sintrom|eutirox|antidepressants?|antidepresivos?|blood thinners?|anticoagulantes?|beta blockers?|steroids?|corticoides|inhaler|inhalador|colirio|eye drops|nebuli[sz]er|melatonin|melatonina|blood pressure (?:pills?|tablets?|medication)|cortisone|epipen|insulin pump|nolotil|enantyum|painkillers|the pill|magnesium|magnesio|calcium|calcio|folic acid|acido folico|probiotics|[a-z]+(?:pril|sartan|statin|statina|olol|cillin|cilina|formin|formina|azole|azol|prazol|pam|oxacin|profen|thyroxine|semide|semida|tadine|tadina|zepam|inhaler))(?: \d+ ?(?:mg|ml|g))?(?: tablets| para .*)?$/;

const FAVOURITE: readonly (readonly [RegExp, string])[] = [
  [/^(?:foods?|dish|dishes|meal|comidas?|platos?)$/, 'favourite_food'],
  [/^(?:drinks?|bebidas?)$/, 'favourite_drink'],
  [/^(?:colou?rs?|color|colores)$/, 'favourite_colour'],
  [/^(?:animals?|animal|animales)$/, 'favourite_animal'],
  [/^(?:subjects?|school subject|class|lesson|asignaturas?|materia|clase)$/, 'favourite_subject'],
  [/^(?:seasons?|time of year|estacion(?: del ano)?|epoca)$/, 'favourite_season'],
  [/^(?:films?|movies?|disney (?:film|movie)|pelis?|peliculas?)$/, 'favourite_film'],
  [/^(?:books?|libros?|novel|novela|author)$/, 'favourite_book'],
  [/^(?:series|tv series|shows?|tv shows?|tv programme|programme|serie|programa|cartoon|dibujos)$/, 'favourite_series'],
  [/^(?:games?|video ?games?|board game|juegos?|videojuegos?)$/, 'favourite_game'],
  [
    /^(?:songs?|bands?|singers?|music|artist|group|cancion|grupo|grupo de musica|cantante|musica|composer|album)$/,
    'favourite_music',
  ],
  [/^(?:teams?|football team|club|equipos?|equipo de futbol)$/, 'favourite_team'],
  [/^(?:sports?|deportes?)$/, 'favourite_sport'],
  [
    /^(?:fruits?|fruta|dessert|postre|vegetable|verdura|pizza|ice cream|ice cream flavour|helado|snack|cake|merienda|breakfast|desayuno|cheese|sweet|chocolate|biscuit|cena|lunch|dinner)$/,
    'likes_food',
  ],
  [/^(?:hobby|pastime|activity|aficion|actividad)$/, 'hobby'],
];

/** The predicate of "my favourite X". */
export const favouriteOf = (noun: string): string | null =>
  FAVOURITE.find(([words]) => words.test(noun.trim()))?.[1] ?? null;

/** What people work for, when it has no name; folded. */
export const ORGANISATION =
  /\b(?:hospital|bank|school|company|firm|restaurant|shop|store|office|factory|library|bakery|supermarket|bar|cafe|pharmacy|clinic|hotel|university|nursery|lab|laboratory|town hall|council|museum|post office|garage|warehouse|call centre|start-?up|agency|charity|ngo|salon|gym|farm|airport|police|government|embassy|studio|newspaper|garden centre|care home|college|banco|colegio|cole|empresa|restaurante|tienda|oficina|fabrica|biblioteca|panaderia|supermercado|cafeteria|farmacia|clinica|universidad|guarderia|laboratorio|ayuntamiento|museo|correos|taller|almacen|agencia|ong|peluqueria|gimnasio|granja|aeropuerto|policia|gobierno|embajada|estudio|periodico|instituto|escuela|consultora|gestoria|despacho|bufete|constructora|inmobiliaria|notaria|conservatorio|junta|ministerio|diputacion)\b/;
