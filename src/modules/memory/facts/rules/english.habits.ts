import { type Line } from './rule.js';

const BODY =
  'leg|arm|wrist|ankle|foot|finger|toe|nose|collarbone|elbow|rib|ribs|hip|knee|thumb|hand|shoulder|back|neck|jaw|tooth|tailbone';
const HAS_PET =
  '(?:an? |two |three |four |some |\\d |lots of )?(?:(?:new|little|lovely|pet|old|baby|beautiful|gorgeous|tiny|rescue|adorable|black|white|ginger|brown|cute|big|small) )*(?<pet>(?:dogs?|cats?|puppy|puppies|kittens?|hamsters?|rabbits?|bunny|bunnies|goldfish|fish|parrots?|budgies?|canary|guinea pigs?|tortoises?|turtles?|horses?|pony|ponies|snakes?|lizards?|geckos?|ferrets?|gerbils?|hens?|chickens|iguana|labrador|golden retriever|poodle|beagle|cockapoo|bulldog|german shepherd|border collie|dachshund|pug|spaniel|terrier|greyhound|chihuahua|mouse|mice|rats?|birds?)(?:,? (?:called|named) [^,.]+)?)(?: at home)?$';

/** What English says with verbs of languages, taste, health, pets, pastimes and events. */
export const ENGLISH_HABITS: readonly Line[] = [
  [
    'speak',
    /^(?:fluent |some |good |a bit of |a little |both |perfect |excellent |very good )*(?<language>[^,].*?)(?: (?:at home|fluently|perfectly|well|really well|pretty well|quite well|with .+))?$/,
  ],
  ['be', /^(?:fluent|bilingual) in (?<language>.+)/],
  ['learn study', /^(?:to )?(?:speak |play )?(?:the )?(?<learning>[^,]+)/, { moods: ['present', 'begun'] }],
  [
    'eat',
    /^(?:any |much )?(?<eats>.+)/,
    { negative: 'avoids_food', moods: ['can', 'present', 'ended', 'begun', 'past'] },
  ],
  [
    'drink',
    /^(?:any |much )?(?<eats>(?:milk|alcohol|coffee|tea|cow'?s milk|fizzy drinks|wine|beer|caffeine|soda|juice).*)/,
    { negative: 'avoids_food', moods: ['can', 'present', 'ended'] },
  ],
  [
    'have',
    /^(?:any )?(?<eats>gluten|dairy|nuts|peanuts|sugar|lactose|milk|eggs?|shellfish|seafood|caffeine|alcohol)$/,
    { negative: 'avoids_food', moods: ['can', 'ended'] },
  ],
  ['avoid', /^(?:eating |all )*(?<avoids_food>.+)/, { negative: null }],
  ['stand tolerate', /^(?:the (?:taste|smell|sight) of )?(?<dislikes>.+)/, { moods: ['can', 'ended'], needsNo: true }],
  ['like love enjoy adore fancy', /^(?<likes>.+)/, { negative: 'dislikes' }],
  ['hate dislike detest', /^(?<dislikes>.+)/, { negative: null }],
  [
    'prefer',
    /^(?:to be (?:contacted|reached) (?:by|via|on|through) |being contacted (?:by|via) |contact (?:by|via) )(?<contact_preference>.+)/,
    { negative: null },
  ],
  [
    'prefer',
    /^(?:a )?(?<contact_preference>whatsapp|text(?: messages?|s)?|texting|email|emails|phone calls|calls|telegram|sms|voice messages|signal)(?: (?:to|over|rather than|messages).*)?$/,
    { negative: null },
  ],
  [
    'prefer like',
    /^(?<communication_style>(?:very |really )?(?:short|brief|detailed|direct|concise|formal|informal|simple|long|honest|blunt|funny|to-the-point) (?:answers|replies|messages|explanations|texts|communication|instructions|conversations))(?: .*)?$/,
    { negative: null },
  ],
  ['prefer', /^to be (?:called|known as) (?<preferred_name>.+)/, { negative: null }],
  ['prefer like', /^(?:people )?(?:being called|to go by) (?<preferred_name>.+)/, { negative: null }],
  ['go', /^by (?:the name (?:of )?)?(?<preferred_name>\p{L}+(?: \p{L}+)?)(?: (?:now|at).*)?$/u],
  ['use', /^(?<pronouns>(?:he|she|they|ze)[/ ](?:him|her|them|they|zir)(?:\/\w+)?)(?: pronouns)?/],
  ['be', /^(?:called|known as|nicknamed) (?<called>\p{L}[\p{L}' -]*)(?: by .+)?$/u],
  [
    'have',
    /^(?:got )?(?:an? )?(?:(?:severe|bad|serious|nasty|mild|slight|really bad|terrible|life-threatening) )?(?<allergy>(?!food )[a-z ]+?) allerg(?:y|ies)$/,
  ],
  [
    'have get develop',
    /^(?:got )?(?:an? )?(?:(?:severe|bad|serious|nasty|mild|slight) )?allergy to (?<allergy>.+)/,
    { begins: 'becoming' },
  ],
  ['have', /^(?:got )?an? (?<intolerance>[a-z]+) intolerance|^(?:got )?an? intolerance to (?<intolerance_>.+)/],
  [
    'have suffer get',
    /^(?:got |from |with )?(?:an? )?(?:(?:severe|bad|serious|mild|chronic|really bad|terrible|slight) )?(?<condition>.+)/,
    { moods: ['present', 'ended', 'past', 'done'] },
  ],
  ['have', new RegExp(`^(?:got )?${HAS_PET}`)],
  [
    'get adopt buy rescue',
    new RegExp(`^(?:myself |himself |herself |ourselves |us |the kids )?${HAS_PET}`),
    { begins: true, moods: ['past', 'done'], negative: null },
  ],
  ['have', /^(?:any )?pets$/, { negative: 'pet', moods: ['ended'] }],
  [
    'get have',
    /^(?:my|his|her|the) (?<wears>braces|brace|retainer) (?:off|removed|taken off|out)$/,
    { closes: true, moods: ['past', 'done'], negative: null },
  ],
  [
    'have get wear need use',
    /^(?:got |to wear |to have |to use |used to wearing |her |his |my |new )*(?:an? )?(?<wears>(?:reading |new )?glasses|contact lenses|contacts|hearing aids?|braces|a brace|retainer|pacemaker|insulin pump|insoles|dentures)(?: (?:for|to|fitted|on|put) .*)?$/,
    { begins: 'becoming' },
  ],
  [
    'have',
    /^(?:had )?(?:a|our) (?:(?:new|beautiful|healthy|little|second|first|third|lovely|gorgeous|tiny) )*(?:baby(?: (?:boy|girl|son|daughter))?|boy|girl|son|daughter)(?:,? (?:called|named|whose name is) (?<birth>\p{L}+))?$/u,
    { moods: ['past', 'done'], begins: true, negative: null, set: { birth_: 'baby' } },
  ],
  [
    'have',
    /^(?:got )?(?:a |one |two |three |four |\d )?(?:(?:older|younger|little|big|twin|baby|half|elder) )*(?:(?<sibling>(?:brothers?|sisters?|siblings?)(?:,? (?:called|named) .+)?)|(?<child>(?:sons?|daughters?|kids|children|boys?|girls?)(?:,? (?:called|named|and an? (?:son|daughter)) ?.*)?))$/,
  ],
  [
    'give',
    /^birth to (?:a |our )?(?:(?:beautiful|healthy|little|baby|boy|girl|son|daughter) ?)*(?:,? ?(?:called|named) (?<birth>\p{L}+))?/u,
    { begins: true, negative: null, set: { birth_: 'baby' } },
  ],
  [
    'take',
    /^(?:\d+ ?mg (?:of )?|my |his |her |some |daily )?(?<medication>[a-z-]+(?: \d+ ?m[gl])?(?: tablets| inhaler| drops)?(?:(?:,| and) [^,]+?)*)(?: (?:for|every|twice|once|in|daily|at|before|after|\d+ times) ?.*)?$/,
    { moods: ['present', 'ended', 'begun'] },
  ],
  [
    'use need',
    /^(?:an? |his |her |my )?(?<medication>(?:[a-z]+ )?(?:inhaler|epipen|insulin|eye drops|nebuliser|ventolin|salbutamol))(?: .*)?$/,
  ],
  [
    'break fracture sprain tear twist',
    new RegExp(`^(?:my|his|her|their|the|an?) (?:(?:left|right|big|little) )*(?<injury>${BODY})(?: .*)?$`),
    { begins: true, negative: null, moods: ['past', 'done'] },
  ],
  [
    'have get',
    /^(?:had )?(?:an? |her |his |my )?(?:(?:big|major|minor|new|emergency|total) )*(?<surgery>(?:[a-z]+ )?(?:operation|surgery|replacement|bypass|transplant|op)(?: on .+)?|(?:appendix|tonsils|wisdom teeth|gallbladder) (?:out|removed))(?: .*)?$/,
    { begins: true, negative: null, moods: ['past', 'done'] },
  ],
  [
    'be',
    /^operated on (?<surgery>.+)|^operated (?:for|because of) (?<surgery_>.+)/,
    { begins: true, negative: null, moods: ['past', 'done', 'present'] },
  ],
  [
    'sell',
    /^(?:my|our|the|his|her) (?:old )?(?<vehicle>.+)/,
    { closes: true, moods: ['past', 'done'], negative: null },
  ],
  [
    'drive own have buy',
    /^(?:got )?(?:an? |the )?(?:(?:new|old|second-hand|used|red|blue|black|white|silver|grey|green|electric) )*(?<vehicle>(?:ford|toyota|seat|renault|volkswagen|vw|bmw|audi|tesla|fiat|nissan|honda|peugeot|citroen|kia|hyundai|opel|vauxhall|skoda|volvo|mazda|mini|dacia|mercedes|range rover|land rover|jeep|suzuki|motorbike|motorcycle|vespa|scooter)\b.*)$/,
    { begins: 'becoming' },
  ],
  [
    'play',
    /^(?:the |on the |a bit of |some |a lot of )?(?<plays>[^,]+?)(?: (?:for|with|at|in|against|as) .+)?$/,
    { moods: ['present', 'can', 'begun', 'ended', 'past'] },
  ],
  [
    'do practise practice',
    /^(?:some |a bit of )?(?<does>[^,]+?)(?: (?:at|with|in) .+)?$/,
    { moods: ['present', 'begun', 'ended', 'past'] },
  ],
  ['swim', /^(?:competitively|for .+|at the club|with .+)$/, { set: { sport: 'swimming' } }],
  ['sing', /^in (?:the |a )?(?<membership>.+)/],
  ['support', /^(?<favourite_team>.+)/],
  ['collect', /^(?<collects>.+)/],
  ['volunteer', /^(?:at|for|with) (?<membership>.+)/],
  [
    'want hope plan',
    /^to (?<goal>(?:become|learn|run|be an?|study|save|lose|write|climb|get (?:into|fit|my|her|his|better)|pass|open|start|finish|retire|win|go to (?:uni|university|college|medical school)) ?.*)/,
    { negative: null, moods: ['present'] },
  ],
  ['train', /^(?:for|to run) (?<goal>.+)/, { moods: ['present'], negative: null }],
  ['save', /^(?:up )?(?:for|to buy) (?<goal>.+)/, { moods: ['present'], negative: null }],
  [
    'go travel fly',
    /^(?:on (?:a )?(?:holiday|vacation|trip|honeymoon) )?(?:back |over |away |skiing |camping )*(?:to|in) (?<travel>.+)/,
    { moods: ['past'], negative: null },
  ],
  ['visit', /^(?<travel>.+)/, { moods: ['past', 'done'], negative: null }],
  ['be', /^(?:back )?(?:to|on holiday (?:in|to)) (?<travel>.+)/, { moods: ['present', 'past'], negative: null }],
  [
    'die pass',
    /^(?:away|on|peacefully|in (?:her|his) sleep|of (?:cancer|covid|old age|a .+)|suddenly|\s)*$/,
    { begins: true, negative: null, set: { death: 'died' }, moods: ['past', 'done'] },
  ],
  [
    'lose',
    /^(?:our|my) (?:dear |beloved |old |poor )?(?<pet>(?:dog|cat|hamster|rabbit|guinea pig|parrot|fish|goldfish|horse|budgie|tortoise)(?:,? .+)?)$/,
    { closes: true, moods: ['past', 'done'], negative: null },
  ],
  ['pass', /^(?:my|his|her|the) (?<achievement>.+)/, { begins: true, moods: ['past', 'done'], negative: null }],
  ['win', /^(?:the |a |an |her |his |my )?(?<achievement>.+)/, { moods: ['past', 'done'], negative: null }],
];
