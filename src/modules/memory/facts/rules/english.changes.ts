import { type Line } from './rule.js';

const MEDS = '(?:the |my |his |her |some |daily |a course of |something called |a new (?:medication|tablet) called )*';

/** How English says that something is given up, exchanged or begun; tried before the other rules. */
export const ENGLISH_CHANGES: readonly Line[] = [
  [
    'switch swap change trade move transfer go',
    /^(?:over )?from (?!(?:house|home|school|year)\b)(?<over>[^,]+?) (?:on)?to (?<taken>[^,]+)$/,
    { begins: true, negative: null, moods: ['past', 'done', 'present'] },
  ],
  [
    'swap trade replace exchange',
    /^(?!(?:schools?|jobs?|houses?|from)\b)(?<over>[^,]+?) (?:for|with) (?<taken>[^,]+)$/,
    { begins: true, negative: null, moods: ['past', 'done'] },
  ],
  ['switch move', /^(?:over )?to (?<taken>[^,]+)$/, { begins: true, negative: null, moods: ['past', 'done'] }],
  [
    'quit drop ditch abandon stop leave finish chuck outgrow',
    /^(?!(?:my |his |her |their |the |our )?(?:old |new )?(?:job|work|school|home|house|uni|college|post|position)s?\b)(?:the |his |her |my |playing |doing |taking |going to |all |his |her )*(?<over>[^,]+?)(?: (?:lessons|classes|practice|club))?$/,
    { begins: true, negative: null, moods: ['past', 'done'] },
  ],
  [
    'give pack',
    /^(?:up|in) (?:on )?(?:the |his |her |my )?(?<over>[^,]+)$/,
    { begins: true, negative: null, moods: ['past', 'done'] },
  ],
  [
    'give pack',
    /^(?:the |his |her |my )?(?<over>[^,]+?) (?:up|in)$/,
    { begins: true, negative: null, moods: ['past', 'done'] },
  ],
  ['take', new RegExp(`^${MEDS}(?<over_med>[^,]+)$`), { moods: ['ended'] }],
  ['go', /^to (?:his |her |my )?(?<goes_to>[^,]+)$/, { moods: ['ended', 'begun'], negative: null }],
  ['grow', /^out of (?:his |her |my |the )?(?<over>[^,]+)$/, { begins: true, negative: null, moods: ['past', 'done'] }],
  ['drop', /^out of (?<over>[^,]+)$/, { begins: true, negative: null, moods: ['past', 'done'] }],
  ['be work', /^(?:at|with|in|for) (?<over>[^,]+)$/, { moods: ['ended'] }],
  [
    'be',
    /^freelance$/,
    { set: { occupation: 'freelance' }, ends: { employer: '*' }, negative: null, moods: ['present'] },
  ],
  [
    'go',
    /^(?:freelance|self-employed)$/,
    { begins: true, set: { occupation: 'self-employed' }, ends: { employer: '*' }, negative: null },
  ],
  [
    'have get',
    /^(?:got )?(?:an? )?(?:new |different )+(?:gp|doctor|paediatrician),? (?:called |named )?(?<doctor>[^,]+)$/,
    { negative: null },
  ],
  [
    'have get',
    /^(?:got )?(?:an? )?(?:new |different )+dentist,? (?:called |named )?(?<dentist>[^,]+)$/,
    { negative: null },
  ],
  [
    'have get',
    /^(?:got )?(?:an? )?(?:new |different )+(?:class |form )?teacher(?: now)?,? (?:called |named )?(?<teacher>[^,]+)$/,
    { negative: null },
  ],
  [
    'be',
    /^in (?<school_year>(?:year|grade|class|primary) \w+|reception|nursery)(?: now)?,? with (?<has_teacher>(?:mr|mrs|miss|ms) [a-z'-]+)$/,
    { negative: null, moods: ['present'] },
  ],
  [
    'work',
    /^(?:saturdays|sundays|weekends|evenings|nights|mornings|afternoons|shifts) (?:at|for|in) (?<employer>[^,]+)$/,
  ],
  ['come be go', new RegExp(`^off ${MEDS}(?<over_med>[^,]+)$`), { begins: true, negative: null }],
  [
    'be get',
    new RegExp(`^(?:put|started) (?:back )?on ${MEDS}(?<treatment>[^,]+)$`),
    { begins: true, negative: null, moods: ['past', 'done', 'present'] },
  ],
  [
    'be get',
    new RegExp(`^taken off ${MEDS}(?<over_med>[^,]+)$`),
    { begins: true, negative: null, moods: ['past', 'done', 'present'] },
  ],
  ['be get', new RegExp(`^prescribed ${MEDS}(?<prescribed>[^,]+)$`), { begins: true, negative: null }],
  [
    'start begin',
    new RegExp(`^(?:on )?${MEDS}(?<treatment>[^,]+)$`),
    { begins: true, negative: null, moods: ['past', 'done'] },
  ],
  [
    'hand give',
    /^(?:in )?(?:my|his|her|their) (?:notice|resignation)(?: in)?(?: .*)?$/,
    { begins: true, ends: { employer: '*', occupation: '*' }, negative: null, moods: ['past', 'done'] },
  ],
  ['resign', /^$/, { begins: true, ends: { employer: '*', occupation: '*' }, negative: null, moods: ['past', 'done'] }],
  [
    'land accept get find',
    /^(?:a |an |the |my |his |her )?(?:new |first |summer |part[- ]time |full[- ]time |dream )*(?:job|position|post|role|place|placement|internship|apprenticeship) (?:at|with|for) (?<company>[^,]+?)(?: as an? (?<occupation>.+))?$/,
    { begins: true, negative: null, moods: ['past', 'done'], ends: { occupation: 'unemployed' } },
  ],
  [
    'move',
    /^(?:house|home|out|away)?$/,
    { begins: true, negative: null, moods: ['past', 'done'], ends: { home_location: '*' } },
  ],
  [
    'wear take be',
    /^(?:an? |the )?(?:clothes )?size (?<clothes_size>xxs|xs|s|m|l|xl|xxl|xxxl|small|medium|large|\d{1,2})(?: (?:in )?(?:clothes|tops?|shirts?|dress(?:es)?|t-?shirts?|trousers|jeans))?$/,
  ],
  [
    'wear take',
    /^(?:an? )?(?<clothes_size>xxs|xs|xl|xxl|xxxl|small|medium|large)(?: (?:in )?(?:clothes|tops?|shirts?|t-?shirts?))?$/,
  ],
  [
    'wear take be have',
    /^(?:an? )?(?:shoe )?size (?<shoe_size>\d{1,2}(?:\.5)?)(?: (?:shoes?|feet|in shoes|trainers|boots))$/,
  ],
  ['wear', /^(?:an? )?(?<shoe_size>(?:size )?\d{1,2}(?:\.5)?) shoes?$/],
  [
    'be go',
    /^(?:going )?(?:at|to) (?<young_school>[^,]+)$/,
    {
      moods: ['present'],
      negative: null,
      heard: /\b(?:schools?|year \d|reception|nursery|first day|moved to|changed|started)\b/,
    },
  ],
  ['abide bear stomach', /^(?<dislikes>.+)/, { moods: ['can', 'ended', 'present'], needsNo: true }],
  [
    'have get',
    /^(?<has_teacher>(?:mr|mrs|miss|ms) [a-z'-]+)(?: (?:for|as) .*)?$/,
    { moods: ['present', 'done', 'past'], negative: null },
  ],
  ['have get', /^(?:the |a )?(?:new )?(?<doctor>dr\.? [a-z'-]+)(?: now)?$/, { moods: ['present'], negative: null }],
  ['have', /^to wear (?<wears>glasses|hearing aids?|braces|a brace|contact lenses|insoles)$/, { moods: ['present'] }],
];
