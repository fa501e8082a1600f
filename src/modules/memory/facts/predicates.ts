/** One value at a time, several side by side, or something that happened. */
export type Cardinality = 'functional' | 'multi' | 'event';

export const PROFILE_FIELDS = [
  'full_name',
  'preferred_name',
  'birth_date',
  'pronouns',
  'languages',
  'home_location',
  'time_zone',
  'occupation',
  'employer_or_school',
  'education',
  'relationship_status',
  'family_relations',
  'pets',
  'dietary_preferences',
  'allergies',
  'health_notes',
  'hobbies',
  'favourite_foods',
  'favourite_media',
  'sports',
  'skills',
  'goals',
  'routines',
  'important_dates',
  'communication_style',
  'contact_preferences',
  'travel',
] as const;
export type ProfileField = (typeof PROFILE_FIELDS)[number];

/** How texts about a predicate are stored: the kind of the memory that holds it. */
export type FactKind = 'identity' | 'attribute' | 'relation' | 'preference' | 'health' | 'habit' | 'event';

export interface Predicate {
  readonly name: string;
  readonly cardinality: Cardinality;
  readonly kind: FactKind;
  /** Where the profile shows it. */
  readonly field: ProfileField | null;
  /** A longer object that holds the shorter one says the same more exactly: "Madrid", "Calle Mayor 3, Madrid". */
  readonly refines: boolean;
  /** What was so at a stated time belongs into history ("in 2019 I lived in Madrid"); a taste of yesterday does not. */
  readonly history: boolean;
  /** Asserting this ends the same object there: who dislikes olives likes them no longer. */
  readonly opposite: string | null;
  /** "Leo's favourites are A, B and C" are three objects. */
  readonly lists: boolean;
  /** Belongs to the household rather than to one person: everybody's word counts alike. */
  readonly shared: boolean;
  /** Never changes in a life: another value corrects the one before. */
  readonly immutable: boolean;
}

type Extra = Partial<Pick<Predicate, 'refines' | 'history' | 'opposite' | 'lists' | 'shared' | 'immutable'>>;

const define =
  (cardinality: Cardinality) =>
  (name: string, kind: FactKind, field: ProfileField | null = null, extra: Extra = {}): Predicate => ({
    name,
    cardinality,
    kind,
    field,
    refines: false,
    history: cardinality === 'event',
    opposite: null,
    lists: cardinality === 'multi',
    shared: false,
    immutable: false,
    ...extra,
  });
const one = define('functional');
const many = define('multi');
const event = define('event');

const CATALOGUE: readonly Predicate[] = [
  one('full_name', 'identity', 'full_name', { refines: true }),
  one('preferred_name', 'identity', 'preferred_name'),
  one('birth_date', 'identity', 'birth_date', { refines: true, immutable: true }),
  one('age', 'identity'),
  one('pronouns', 'identity', 'pronouns'),
  one('birthplace', 'identity', null, { refines: true, immutable: true }),
  one('hometown', 'identity', null, { refines: true, immutable: true }),
  many('nationality', 'identity'),
  one('religion', 'identity'),
  one('native_language', 'identity', 'languages', { immutable: true }),
  many('language', 'attribute', 'languages', { history: true }),

  one('home_location', 'attribute', 'home_location', { refines: true, history: true }),
  one('time_zone', 'attribute', 'time_zone'),
  one('phone_number', 'attribute', 'contact_preferences'),
  one('email', 'attribute', 'contact_preferences'),
  one('contact_preference', 'preference', 'contact_preferences'),
  one('communication_style', 'preference', 'communication_style'),
  many('vehicle', 'attribute', null, { lists: false, refines: true }),

  one('occupation', 'attribute', 'occupation', { history: true, refines: true }),
  one('employer', 'attribute', 'employer_or_school', { history: true, refines: true }),
  one('school', 'attribute', 'employer_or_school', { history: true, refines: true }),
  one('school_year', 'attribute', 'education', { history: true }),
  one('teacher', 'attribute'),
  one('field_of_study', 'attribute', 'education', { history: true }),
  many('degree', 'attribute', 'education', { history: true }),

  one('relationship_status', 'relation', 'relationship_status', { history: true }),
  one('spouse', 'relation', 'family_relations', { refines: true, history: true }),
  many('child', 'relation', 'family_relations', { refines: true }),
  many('sibling', 'relation', 'family_relations', { refines: true }),
  many('parent', 'relation', 'family_relations', { refines: true }),
  many('relative', 'relation', 'family_relations', { refines: true }),
  many('friend', 'relation', null),
  many('pet', 'relation', 'pets', { refines: true, shared: true }),

  many('diet', 'preference', 'dietary_preferences', { history: true }),
  many('avoids_food', 'preference', 'dietary_preferences', { opposite: 'likes_food' }),
  many('likes_food', 'preference', 'favourite_foods', { opposite: 'dislikes_food' }),
  many('dislikes_food', 'preference', 'dietary_preferences', { opposite: 'likes_food' }),
  one('favourite_food', 'preference', 'favourite_foods'),
  one('favourite_drink', 'preference', 'favourite_foods'),
  one('favourite_colour', 'preference'),
  one('favourite_animal', 'preference'),
  one('favourite_subject', 'preference'),
  one('favourite_season', 'preference'),
  one('favourite_film', 'preference', 'favourite_media'),
  one('favourite_book', 'preference', 'favourite_media'),
  one('favourite_series', 'preference', 'favourite_media'),
  one('favourite_game', 'preference', 'favourite_media'),
  one('favourite_music', 'preference', 'favourite_media'),
  one('favourite_team', 'preference', 'sports'),
  one('favourite_sport', 'preference', 'sports'),

  many('allergy', 'health', 'allergies', { history: true }),
  many('intolerance', 'health', 'allergies', { history: true }),
  many('condition', 'health', 'health_notes', { history: true }),
  many('medication', 'health', 'health_notes', { history: true, refines: true }),
  many('wears', 'health', 'health_notes'),
  one('blood_type', 'health', 'health_notes', { immutable: true }),
  one('doctor', 'health'),
  one('dentist', 'health'),
  one('height', 'health'),
  one('weight', 'health'),
  one('shoe_size', 'attribute'),
  one('clothes_size', 'attribute'),
  one('handedness', 'attribute', null, { immutable: true }),
  event('injury', 'event', 'health_notes'),
  event('surgery', 'event', 'health_notes'),

  many('likes', 'preference', 'hobbies', { opposite: 'dislikes' }),
  many('dislikes', 'preference', null, { opposite: 'likes' }),
  many('hobby', 'preference', 'hobbies', { history: true }),
  many('sport', 'habit', 'sports', { history: true }),
  many('instrument', 'habit', 'skills', { history: true }),
  many('skill', 'attribute', 'skills'),
  many('learning', 'habit', 'skills'),
  many('fear', 'attribute'),
  many('goal', 'attribute', 'goals', { lists: false }),
  many('routine', 'habit', 'routines', { lists: false }),
  many('membership', 'habit', 'hobbies', { history: true, refines: true }),
  many('important_date', 'attribute', 'important_dates', { lists: false }),

  event('travel', 'event', 'travel'),
  event('birth', 'event'),
  event('death', 'event'),
  event('achievement', 'event'),
  event('pregnancy', 'event'),
];

/** The catalogue by name. */
export const PREDICATES: ReadonlyMap<string, Predicate> = new Map(CATALOGUE.map((entry) => [entry.name, entry]));
