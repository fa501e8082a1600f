import { type Line } from './rule.js';

const NUMBER =
  '\\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)-(?:one|two|three|four|five|six|seven|eight|nine)';
const with_ = (source: string): RegExp => new RegExp(source.replaceAll('NUMBER', NUMBER));
const STATES = 'married|engaged|divorced|separated|single|widowed|a widow|a widower|in a relationship';

/** What English says with verbs of body, age, family, work, home and school. */
export const ENGLISH_LIFE: readonly Line[] = [
  [
    'be',
    /^(?:(?:very|severely|badly|super|deathly|highly|mildly|slightly|really|terribly|also|still) )?allergic to (?<allergy>.+)/,
  ],
  ['be', /^(?:a |an )?(?<intolerance>lactose|gluten|dairy|histamine|fructose)[- ]intolerant/],
  ['be', /^intolerant (?:to|of) (?<intolerance>.+)/],
  ['be', /^diagnosed (?:with|as) (?:having )?(?:an? )?(?<diagnosis>.+)/, { begins: true, negative: null }],
  [
    'be become',
    /^(?:a |an |severely |mildly |very |partially |slightly |registered )*(?<condition>coeliac|celiac|diabetic|type [12] diabetic|asthmatic|epileptic|dyslexic|autistic|colou?r[- ]?blind|short-?sighted|short sighted|near-?sighted|anaemic|anemic|deaf|blind)(?: in .+)?$/,
    { begins: 'becoming' },
  ],
  [
    'be go become turn',
    /^(?:an? |strictly |strict |fully |completely )*(?<diet>vegetarian|veggie|vegan|pescatarian|pescetarian|flexitarian|gluten[- ]free|dairy[- ]free|lactose[- ]free|keto|plant[- ]based)(?: diet)?s?$/,
    { begins: 'becoming' },
  ],
  ['be go follow have need', /^(?:on )?an? (?:strict |special )?(?<diet>[a-z-]+(?:[- ]free| [a-z]+)?) diet/],
  [
    'be',
    new RegExp(
      `^(?:happily |newly |still |not )?(?<relationship_status>${STATES})(?: to (?!(?:my|his|her|their) (?:job|work|phone|career|computer|bike|sofa|bed)\\b)(?<spouse>.+))?$`,
    ),
  ],
  ['get become', /^(?<relationship_status>married)(?: to (?<spouse>.+))?$/, { begins: true }],
  ['get become', /^(?<relationship_status>engaged)(?: to .+)?$/, { begins: true }],
  [
    'get become',
    /^(?<relationship_status>divorced|separated|widowed)(?: from .+)?$/,
    { begins: true, ends: { spouse: '*' } },
  ],
  ['marry', /^(?<spouse>.+)/, { begins: true, set: { relationship_status: 'married' } }],
  [
    'divorce',
    /^(?:(?:my|his|her|their) .+|each other)?$/,
    { begins: true, set: { relationship_status: 'divorced' }, ends: { spouse: '*' } },
  ],
  ['separate', /^(?:from .+)?$/, { begins: true, set: { relationship_status: 'separated' } }],
  [
    'split break',
    /^up(?: with .+)?$/,
    { begins: true, set: { relationship_status: 'single' }, ends: { spouse: '*' }, negative: null },
  ],
  [
    'be',
    /^(?<occupation>retired|unemployed|out of work|self-employed|self employed|between jobs|a stay[- ]at[- ]home (?:mum|mom|dad))(?: since.*)?$/,
    { ends: { employer: '*' } },
  ],
  ['retire', /^(?:from .+|early)?$/, { begins: true, set: { occupation: 'retired' }, ends: { employer: '*' } }],
  ['be', with_('^(?:only |just |nearly |almost )?(?<age>NUMBER)(?: (?:years|yrs)[ -]old| y/?o|yo)?$')],
  ['turn', with_('^(?<age>NUMBER)(?: years old)?$'), { begins: true, negative: null }],
  [
    'be',
    /^born (?:on|in) (?:the )?(?<birth_date>\d.*|(?:january|february|march|april|may|june|july|august|september|october|november|december) \d.*)$/,
    { begins: true },
  ],
  [
    'be',
    /^born (?:and (?:raised|bred|brought up) )?in (?<birthplace>[^\d]+?)(?: in \d{4}| on (?<birth_date>.+))?$/,
    { begins: true },
  ],
  ['be come', /^(?:originally )?from (?<hometown>.+)/],
  [
    'be',
    /^(?:half |part )?(?<nationality>spanish|english|british|french|german|italian|portuguese|irish|scottish|welsh|american|mexican|argentinian|colombian|chinese|japanese|indian|polish|dutch|swedish|greek|moroccan|romanian|brazilian|peruvian|venezuelan|cuban|canadian|australian|turkish|russian|ukrainian|korean|nigerian|pakistani)$/,
  ],
  [
    'be',
    /^(?:a |an )?(?:practising |devout )?(?<religion>christian|catholic|muslim|jewish|hindu|buddhist|sikh|protestant|atheist|agnostic|quaker|orthodox)$/,
  ],
  ['be', /^(?<handedness>left|right)[- ]handed$/],
  ['be', /^(?:a )?left[- ]?handed|^a lefty/, { set: { handedness: 'left' } }],
  ['be', /^(?:really |very |super |absolutely |so )?(?:afraid|scared|terrified|frightened) of (?<fear>.+)/],
  [
    'be',
    /^(?:really |very |pretty |quite |super |so |amazing|brilliant )*(?:good|great|brilliant|excellent|amazing|fantastic) (?:at|with) (?<skill>.+)/,
    { negative: null },
  ],
  ['be get', /^(?:really |very |so |totally |super |big )*into (?<likes>.+)/, { negative: 'dislikes' }],
  [
    'be',
    /^(?:really |absolutely |totally |completely )*(?:mad|crazy|nuts|obsessed|passionate|keen|hooked) (?:about|on|with) (?<likes>.+)/,
    { negative: 'dislikes' },
  ],
  [
    'be',
    /^(?:a )?(?:huge |big |massive |great |real )?(?:fan|lover|supporter) of (?<likes>.+)/,
    { negative: 'dislikes' },
  ],
  ['be', /^a (?:huge |big |massive |lifelong |die-hard )?(?<favourite_team>[a-z ]+?) (?:fan|supporter)$/],
  [
    'be',
    /^in (?<school_year>(?:year|grade|class|form) \w+|(?:1st|2nd|3rd|\d+th|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth) (?:grade|year|form)|reception|kindergarten|nursery|preschool|sixth form|primary \d)(?: at (?<school>.+))?$/,
  ],
  [
    'start begin go',
    /^(?:in |into )?(?<school_year>(?:year|grade) \w+|(?:1st|2nd|3rd|\d+th|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth) (?:grade|year|form)|reception|kindergarten|sixth form)$/,
    { begins: true, moods: ['past', 'done', 'present'], negative: null },
  ],
  [
    'be',
    /^(?:pregnant|expecting(?: (?:a baby|twins|a boy|a girl|again))?)(?: with .+)?$/,
    { set: { pregnancy: 'pregnant' }, moods: ['present', 'ended'] },
  ],
  [
    'expect',
    /^(?:a (?:baby|boy|girl|little one|second child)|twins|(?:our|my|another|a) (?:first|second|third|fourth|fifth)?.*(?:child|baby|boy|girl|one))$/,
    { set: { pregnancy: 'pregnant' }, negative: null, moods: ['present'] },
  ],
  [
    'be',
    /^(?:now |back )?on (?<medication>(?!(?:holiday|vacation|my|his|her|the|a|an|our|their|it|time|duty|call|fire|leave|strike|top|board|track|foot|offer|line|edge|tv|facebook|instagram|whatsapp|monday|it|them)\b)[a-z-]+(?: \d+ ?m[gl])?(?: tablets| inhaler)?)$/,
  ],
  [
    'be',
    /^(?<height>\d(?:[.,]\d+)? ?(?:m|metres|meters)|\d{2,3} ?cm|\d'\d{1,2}"?|\d (?:foot|ft|feet)(?: \w+)?(?: ?in(?:ches)?)?)(?: tall)?$/,
  ],
  [
    'weigh',
    /^(?:about |around )?(?<weight>\d[\d.,]* ?(?:kg|kgs|kilos?|kilograms?|pounds|lbs|stone|st)(?: \d+(?: ?lbs?)?)?)$/,
  ],
  [
    'be work',
    /^(?:employed |working )?as an? (?<occupation>[^,]+?)(?: (?:at|for|in|with) (?<employer>(?!(?:the )?(?:mornings?|evenings?|weekends?|moment|minute|time|nights?|years?|months?)\b).+))?$/,
  ],
  [
    'be become',
    /^(?:now )?an? (?:trainee |qualified |retired |freelance |part[- ]time |full[- ]time |junior |senior |primary school |professional |registered |head |chief |deputy |student )?(?<trade>[^,]+?)(?: (?:at|for|in|with) (?<employer>.+))?$/,
    { begins: 'becoming' },
  ],
  [
    'be',
    /^the (?<occupation>[a-z]* ?(?:manager|director|headteacher|principal|secretary|head chef))(?: (?:at|of|for) (?<employer>.+))?$/,
  ],
  ['work', /^(?:at|for|with) (?<employer>[^,]+?) as an? (?<occupation>.+)/],
  [
    'work',
    /^(?:remotely |mostly |mainly |full[- ]time |part[- ]time |nights |shifts )?(?:at|for) (?<employer>(?!(?:the )?(?:moment|weekends?|night|home|nights|minute|free|fun|years|money|a living|myself|himself|herself)\b).+)/,
  ],
  ['work', /^for (?:myself|himself|herself)$/, { set: { occupation: 'self-employed' }, negative: null }],
  [
    'work',
    /^in (?:an? |the )?(?<employer>(?:[\w' -]+ )?(?:hospital|bank|shop|restaurant|school|office|factory|library|bakery|supermarket|bar|cafe|pharmacy|clinic|hotel|university|nursery|lab|town hall|museum|post office|garage|warehouse|call centre)(?: .+)?)$/,
  ],
  [
    'work',
    /^in (?<occupation>marketing|sales|finance|it|hr|human resources|education|insurance|advertising|construction|publishing|logistics|healthcare|retail|hospitality|law|banking|accounting|engineering)$/,
  ],
  [
    'start begin get take',
    /^(?:a |her |his |my |working )?(?:new )?(?:job|work|position) (?:at|with|for) (?<employer>.+?)(?: as an? (?<occupation>.+))?$/,
    { begins: true, moods: ['past', 'done'], negative: null, ends: { occupation: 'unemployed' } },
  ],
  [
    'start get begin',
    /^(?:a |her |his |my )?(?:new )?(?:job|work|position|working) as an? (?<occupation>.+?)(?: (?:at|for|with|in) (?<employer>.+))?$/,
    { begins: true, moods: ['past', 'done'], negative: null },
  ],
  [
    'join',
    /^(?:the |a |an )?(?<membership>[^,]*(?:scouts|guides|choir|club|team|band|orchestra|gym|group|brownies|cubs|association|society)\b[^,]*)/,
    { begins: true, negative: null },
  ],
  [
    'join',
    /^(?<company>.+?)(?: as an? (?<occupation>.+))?$/,
    { begins: true, moods: ['past', 'done'], negative: null },
  ],
  [
    'be',
    /^(?:a member of|in) (?:the )?(?<membership>[^,]*(?:scouts|guides|choir|club|team|band|orchestra|brownies|cubs|society)\b[^,]*)/,
  ],
  [
    'quit leave resign',
    /^(?:(?:from )?(?:my|his|her|their|our|the) (?:old )?job|(?:my|his|her|the) (?:work|position))(?: (?:at|as|in|with) .+)?$/,
    { begins: true, ends: { employer: '*', occupation: '*' }, negative: null, moods: ['past', 'done'] },
  ],
  [
    'lose',
    /^(?:my|his|her|their) job(?: .*)?$/,
    { begins: true, ends: { employer: '*', occupation: '*' }, negative: null },
  ],
  [
    'get be',
    /^(?:fired|made redundant|laid off|let go|sacked)(?: .*)?$/,
    { begins: true, ends: { employer: '*', occupation: '*' }, negative: null, moods: ['past', 'done', 'present'] },
  ],
  [
    'change switch swap',
    /^(?:schools?)(?: (?:to|and .* to) (?<school>.+))?$/,
    { begins: true, ends: { school: '*' }, negative: null, moods: ['past', 'done'] },
  ],
  [
    'change switch swap',
    /^jobs?(?: (?:to|and .* at) (?<employer>.+))?$/,
    { begins: true, ends: { employer: '*', occupation: '*' }, negative: null, moods: ['past', 'done'] },
  ],
  [
    'change switch swap move transfer',
    /^(?:schools )?(?:from (?:.+?) )?to (?<school>(?:.* )?(?:school|college|academy|university|primary|secondary|nursery|st\.? \w+)(?: .+)?)$/,
    { begins: true, negative: null, moods: ['past', 'done', 'present'] },
  ],
  [
    'leave',
    /^(?<school>(?:.* )?(?:school|college|academy|university|primary|nursery)(?: .+)?)$/,
    { closes: true, moods: ['past', 'done'], negative: null },
  ],
  ['leave', /^(?<company>\p{L}[^,]*)$/u, { closes: true, moods: ['past', 'done'], negative: null }],
  [
    'live',
    /^(?:just |over |right |alone |together |with [^,]+? )?(?:in|at|on|near)(?: the (?:city|town|village) of)? (?<home_location>.+)/,
    { moods: ['present', 'past', 'ended', 'begun', 'done'] },
  ],
  ['be', /^based in (?<home_location>.+)/],
  [
    'move relocate',
    /^(?:house |home |away )?(?:from (?:.+?) )?(?:back |over |down |up |out |across |in )*(?:in)?to (?!school|year |grade |class )(?:live in )?(?<home_location>.+)/,
    { begins: true, negative: null, moods: ['past', 'done'] },
  ],
  [
    'move',
    /^(?:out of|away from|from) (?<home_location>.+)/,
    { closes: true, moods: ['past', 'done'], negative: null },
  ],
  [
    'go attend',
    /^(?:to )?(?<school>(?:.* )?(?:school|college|academy|university|uni|primary|secondary|nursery|st\.? \p{L}+(?:'s|s)?)(?: .+)?)$/u,
  ],
  ['be', /^at (?<school>(?:.+ )?(?:school|college|academy|university|uni|primary|secondary|nursery)(?: .+)?)$/],
  [
    'start begin',
    /^(?:at )?(?<school>(?:.+ )?(?:school|college|academy|university|uni|primary|secondary|nursery|st\.? \p{L}+)(?: .+)?)$/u,
    { begins: true, moods: ['past', 'done'], negative: null },
  ],
  [
    'start begin',
    /^(?:work |working )?at (?<company>.+)/,
    { begins: true, moods: ['past', 'done'], negative: null, ends: { occupation: 'unemployed' } },
  ],
  ['study', /^(?<field_of_study>(?!hard|for|all|at|every|in|with|a lot)[^,]+?)(?: at (?<school>.+))?$/],
  ['study', /^at (?<school>.+)$/],
  ['graduate', /^(?:from (?<graduated>.+)|in (?<degree>.+?)(?: from .+)?)?$/, { begins: true, negative: null }],
  [
    'have get',
    /^(?:a |an |my |his |her )(?:[a-z']+ )?(?<degree>(?:degree|master's|masters|phd|doctorate|diploma|mba)(?: (?:in|from) .+)?)$/,
    { begins: true },
  ],
];
