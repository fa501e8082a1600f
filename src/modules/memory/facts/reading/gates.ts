import { type Language } from '../facts.types.js';

/** Folded text; markers that void a whole sentence, wherever they stand. */
const VOID: Readonly<Record<Language, RegExp>> = {
  en: new RegExp(
    [
      // Wishes and hypotheses.
      '\\bif\\b|\\bunless\\b|\\bwhat if\\b|\\bimagine\\b|\\bsuppos(?:e|ing)\\b|\\bwish(?:es|ed|ing)?\\b|\\bpretend(?:s|ed|ing)?\\b|\\bin case\\b|\\bhad i\\b|\\bhypothetically\\b|\\botherwise\\b|\\bwould have\\b|\\bcould have\\b|\\bin another life\\b|\\bin theory\\b',
      // Jokes and hyperbole.
      '\\blol\\b|\\blmao\\b|\\brofl\\b|\\bha(?:ha)+h?\\b|\\bhe(?:he)+\\b|\\bj/?k\\b|\\b(?:just )?kidding\\b|\\bjoking\\b|\\bas a joke\\b|\\byeah,? right\\b|\\bas if\\b|/s\\b|\\bsarcas|\\bapril fool|\\b(?:basically|practically|virtually) (?:a|an|the|my|our|lives?)\\b|\\bfeels? like\\b|\\bnot!$|\\bsupposedly\\b|\\bso-called\\b|\\bhow (?:ironic|funny|original)\\b|\\boh (?:great|sure|yeah)\\b|\\bmetaphor|\\bfiguratively\\b|\\bobviously not\\b',
      // Stories and games.
      "\\bin (?:the|a|this|that|my|his|her|our) (?:film|movie|book|story|game|play|series|show|novel|dream|dreams|episode|comic|cartoon|video game|musical|school play|nativity play|simulation)\\b|\\bin (?:minecraft|roblox|fortnite|the sims|harry potter|star wars|d&d)\\b|\\bdream(?:t|ed|ing)? (?:that|of|about|i|last)\\b|\\brole.?play|\\bmy character\\b|\\bcharacter (?:is|lives|who|called|named)\\b|\\bonce upon a time\\b|\\bplays? the (?:role|part) of\\b|\\bplaying the (?:role|part)\\b|\\bmake.believe\\b|\\blet us say\\b|\\blet'?s say\\b|\\bfor halloween\\b|\\bdress(?:ed|ing|es)? up\\b|\\bfictional\\b|\\bmy avatar\\b|\\bfor example\\b|\\bsay,? for instance\\b|\\blyrics\\b|\\bthe song goes\\b|\\bmonopoly\\b",
      "\\b(?:let'?s|wanna|shall we|come and) play\\b|\\b(?:i'm|i am|im|my name is|call me) (?:elsa|spider-?man|superman|batman|a pirate|a dragon|a mermaid|the queen|the king|harry potter|a dinosaur|a superhero|a princess|captain \\w+|darth vader)\\b",
      '\\bnot true\\b|\\buntrue\\b|\\ba lie\\b|\\bit is false\\b|\\bnever said\\b|\\brumou?r\\b|\\bmistakenly\\b|\\bit is not that\\b|\\bno way\\b',
    ].join('|'),
  ),
  es: new RegExp(
    [
      '\\bojala\\b|\\bquien pudiera\\b|\\bimagina(?:te|d|os|ros)?\\b|\\bsupon(?:gamos|iendo|te)?\\b|\\bpongamos que\\b|\\ba menos que\\b|\\bsi no fuera\\b|\\bcomo si\\b|\\ben caso de\\b|\\ben teoria\\b|\\b(?:seria|estaria|gustaria|tendria|viviria|encantaria|podria|deberia|haria|querria|mudaria|trabajaria)(?:s|mos|n)?\\b|\\bquisiera\\b|\\bhubiera\\b|\\bpor si\\b',
      '\\bja(?:ja)+j?a?\\b|\\bje(?:je)+\\b|\\bji(?:ji)+\\b|\\bxd+\\b|\\blol\\b|\\bes broma\\b|\\bde broma\\b|\\bbromeo\\b|\\bbromeando\\b|\\bque va\\b|\\bya,? claro\\b|\\bsi,? claro\\b|\\bseguro que si\\b|\\bironia\\b|\\biron|\\bpracticamente (?:un|una|vive|vivo|soy)\\b|\\binocente inocente\\b|\\bes un decir\\b|\\bde mentira\\b|\\bes coña\\b|\\bes cona\\b|\\bni loc[oa]\\b|\\bprácticamente\\b|\\bpoco mas y\\b',
      '\\ben (?:la|el|una|un|esta|este|mi|su) (?:peli|pelicula|libro|cuento|novela|juego|videojuego|obra|serie|sueno|capitulo|historia|comic|funcion|teatro)\\b|\\bsone\\b|\\bhe sonado\\b|\\bsono que\\b|\\bsueño que\\b|\\bmi personaje\\b|\\bel personaje\\b|\\berase una vez\\b|\\bhabia una vez\\b|\\bhace de (?:rey|reina|pastor|princesa|malo)\\b|\\bhace el papel\\b|\\bjugamos a que\\b|\\bjugando a que\\b|\\bde mentirijillas\\b|\\bdisfraza|\\bdisfraz\\b|\\bpor ejemplo\\b|\\ben minecraft\\b|\\ben roblox\\b|\\ben fortnite\\b|\\bdigamos que\\b|\\bhagamos como\\b|\\bla cancion dice\\b',
      '\\ba jugar\\W*$|\\bvamos a jugar a\\b|\\b(?:soy|me llamo) (?:elsa|anna de|spiderman|superman|batman|la reina|el rey|una sirena|un dragon|un pirata|una princesa|un superheroe|harry potter|papa noel)\\b|\\bno es verdad\\b|\\bno es cierto\\b|\\bes mentira\\b|\\bes falso\\b|\\bno es que\\b|\\bnunca (?:he )?dich[oe]\\b|\\brumor\\b',
    ].join('|'),
  ),
};
/** "si" without its accent is an "if" unless it stands as a "yes". */
const SPANISH_IF = /(?:^|[^\p{L}])si(?![\p{L},.!])/u;
const IRONIC = /[😂🤣😜😝🙄😏🤪😹🤡🙃😉]/u;

/** Markers whose clause is somebody's guess or words, and so is what follows in the sentence. */
const HEARSAY: Readonly<Record<Language, RegExp>> = {
  en: /\b(?:says?|said|saying|tells?|told|claims?|claimed|reckons?|heard|hear|thinks?|thought|believes?|believed|according to|apparently|allegedly|swears|insists?|mentioned|asked|asks|read (?:that|about)|complain(?:s|ed)|announced|joked|quote|texted|messaged|posted|replied|answered|shouted|yelled|screamed|whispered|explained|swore|sings|sang|goes:|writes|wrote that|guess|suppose|assume|bet|maybe|perhaps|probably|possibly|presumably|might|not sure|unsure|wonder|wondering|seems?|looks like|looks as|looks|sounds like|hope|hoping|hopefully|considering|thinking (?:of|about)|planning|someday|one day|would|could|should|may be|must be|about to|suspects?|suspected|doubt|afraid (?:that|i|we)|worried (?:that|he|she|about)|scared that|dreaming|almost|nearly|feeling like|supposed to|potentially|can't decide|allowed|either|as a (?:kid|child)|when i was|growing up|even though people|everyone thinks)\b/,
  es: /\b(?:dice|dicen|dijo|dijeron|decia|decian|diciendo|cuenta que|cuentan|conto|contaron|segun|han dicho|ha dicho|he oido|hemos oido|oi que|lei que|he leido|cree|creen|creo|creia|creemos|creiamos|piensa|pienso|pensaba|pensaban|pensabamos|opina|jura|asegura|insiste|afirma|comenta|comento|pregunta|pregunto|escribio|contesto|respondio|grito|explico|canta|supongo|supuestamente|quiza|quizas|tal vez|a lo mejor|puede (?:que|ser)|igual (?:nos|me|es)|probablemente|seguramente|posiblemente|parece|parecia|no se (?:si|que|cuando|donde|quien|como|cual)|no estoy segur[oa]|dudo|espero|esperamos que|estamos pensando|estoy pensando|casi|algun dia|deberia|aparentemente|por lo visto|me da que|diria que|sospecha|sospechan|imagino|a punto de|de pequen[oa]s?|de nin[oa]s?|cuando era)\b/,
};

/** Hearsay that a clause may carry although it tells a fact of its own. */
const INNOCENT = /\bafraid of\b|\bcree en\b/;

const OPENS_QUESTION: Readonly<Record<Language, RegExp>> = {
  en: /^(?:so |and |but |hey |ok |hi |well |also |um+ |erm )*(?:do|does|did|is|are|was|were|am|can|could|will|would|should|shall|have|has|what|what's|whats|where|where's|wheres|how|how's|why|who|who's|whose|which|when (?:is|are|do|does|did|will|was|can)|may|might|any idea|anyone|wanna|isn't|aren't|don't|doesn't|didn't|hasn't|haven't)\s+(?!(?:not|love|like|live)\b)\S/,
  es: /^(?:y |pero |oye |entonces |vale )*(?:(?:por )?qué|quién|quiénes|cuál|cuáles|dónde|cuándo|cómo|cuánto|cuánta|cuántos|cuántas|a qué|de qué|con quién|a quién|de dónde|de quién|en qué|sabes|sabéis|sabeis|te acuerdas|recuerdas si|puedes|podrias|podrías)\s/,
};
const COMMANDS: Readonly<Record<Language, RegExp>> = {
  en: /^(?:please |pls |can you |could you |hey [a-z]+ |ok [a-z]+ |now |then |and )*(?:remind|set|add|tell|write|translate|book|order|send|find|search|show|give|make|let's|lets|do not forget|don't forget|dont forget|buy|explain|suggest|recommend|draft|create|list|imagine|define|correct|rewrite|summari[sz]e|generate|compose|read (?:me|out|this)|sing|act|say|repeat|spell|complete|describe|forget|ignore|delete|erase|change|update|cancel|ask|help|check|remember to|remember when|remember how)\b/,
  es: /^(?:por favor |oye |venga |vale |ahora )*(?:recuerdame|recuerda (?:a|comprar|llamar)|pon(?:me)?|anade|dile|dime|diles|escribe(?:me)?|traduce|busca(?:me)?|manda(?:le)?|envia(?:le)?|compra|ensename|dame|haz(?:me)?|muestra(?:me)?|crea|reserva|olvida|ignora|borra|cambia|actualiza|pregunta(?:le)?|explica(?:me)?|corrige|resume|genera|sugiere|recomienda(?:me)?|cuentame|inventa|redacta|actua|repite|ayudame|no te olvides de|no olvides|acuerdate de|avisa(?:me)?|canta)\b/,
};

/** Words of the whole message that take back what stands before. */
export const RETRACTED =
  /(?:^|[\s.!,(])(?:j\/k|jk|just kidding|only kidding|kidding|joking|only joking|just joking|it was a joke|that was a joke|not really|psych|april fools?|es broma|era broma|broma|que no|que va|inocente|no es verdad|mentira|es coña|estoy de coña)(?:[\s.!)]|\p{Extended_Pictographic})*$/iu;

/** Whether nothing in the sentence may be taken for a fact: questions, wishes, irony, stories, orders. */
export function isVoid(sentence: { raw: string; folded: string; asks: boolean }, language: Language): boolean {
  const { raw, folded, asks } = sentence;
  const lower = raw.toLowerCase().trim();
  if (asks || raw.includes('\u0000')) return true;
  if (IRONIC.test(raw) || (VOID.en.test(folded) && language === 'en') || (VOID.es.test(folded) && language === 'es'))
    return true;
  if (language === 'es' && SPANISH_IF.test(lower)) return true;
  const start = language === 'en' ? folded.trim() : lower;
  return (
    OPENS_QUESTION[language].test(start.replace(/^[^\p{L}]+/u, '')) ||
    COMMANDS[language].test(folded.trim().replace(/^[^\p{L}]+/u, ''))
  );
}

/** Whether a clause tells what somebody says, thinks or guesses. */
export const isHearsay = (folded: string, language: Language): boolean =>
  HEARSAY[language].test(folded.replace(INNOCENT, ''));

const DOUBT: Readonly<Record<Language, RegExp>> = {
  en: /\b(?:says?|said|claims?|reckons?|heard|thinks?|thought|believes?|apparently|allegedly|guess|suppose|assume|bet|maybe|perhaps|probably|possibly|presumably|might|not sure|unsure|wonder|seems?|looks|sounds|hope|hopefully|someday|one day)\b/,
  es: /\b(?:dice|dicen|dijo|dijeron|decia|segun|he oido|cree|creen|creo|piensa|pienso|supongo|supuestamente|quiza|quizas|tal vez|a lo mejor|puede|probablemente|seguramente|posiblemente|parece|no se|no estoy segur[oa]|dudo|espero|aparentemente|por lo visto|me da que|imagino|algun dia)\b/,
};

/** Whether an aside doubts what stands before it. */
export const isDoubt = (folded: string, language: Language): boolean => DOUBT[language].test(folded);

const LAST_WORDS: Readonly<Record<Language, RegExp>> = {
  en: /\S+ \S+ \S+,? (?:i (?:think|guess|hope|suppose|reckon|believe)|probably|maybe|hopefully|apparently)$/,
  es: /\S+ \S+ \S+,? (?:creo(?: yo)?|supongo|espero|quizas?|me parece)$/,
};

/** Whether only the end of a clause makes a guess of it: then what follows is none. */
export const endsInDoubt = (folded: string, language: Language): boolean => LAST_WORDS[language].test(folded.trim());

const OWN_WORDS: Readonly<Record<Language, RegExp>> = {
  en: /^(?:(?:and|so|then|but) )*(?:i (?:was |am |have |had |just |already |also )*(?:said|saying|told|telling|mentioned|mentioning|explained)\b|would you believe\b)/,
  es: /^(?:(?:y|ya|pues|entonces|se lo|le|les|te|os) )*(?:dije|he dicho|conte|he contado|estaba diciendo|estaba contando|comente)\b/,
};

/** Whether a clause tells what the speaker said, which makes no hearsay of what follows. */
export const isOwnWords = (folded: string, language: Language): boolean => OWN_WORDS[language].test(folded);

const TO_SOMEBODY: Readonly<Record<Language, RegExp>> = {
  en: /^(?:(?:and|so|then|but) )*i (?:have |just |already |also )*(?:told|mentioned to|explained to|said to) (?:her|him|them|the \w+|my \w+|everyone)(?: that)? (?=i'm |i am |i have |i've |my |i can't |i don't )/,
  es: /^(?:(?:y|ya|pues|entonces|se lo|le|les) )*(?:dije|he dicho|conte|comente)(?: a(?:l| la| mi) \w+)? que (?=soy |tengo |vivo |trabajo |no puedo |no como |mi )/,
};

/** "I told her I'm allergic": what somebody says of themselves to others holds. */
export function withoutOwnWords<T extends { raw: string; folded: string }>(clause: T, language: Language): T {
  const length = TO_SOMEBODY[language].exec(clause.folded)?.[0].length ?? 0;
  return length === 0 ? clause : { ...clause, raw: clause.raw.slice(length), folded: clause.folded.slice(length) };
}

const SHIFT: Readonly<Record<Language, RegExp>> = {
  en: /^[\s,]*(?:(?:and|oh|so|but) )*(?:anyway|on top of that|by the way|btw|in other news|oh and|meanwhile|apart from that|back to)\b/,
  es: /^[\s,]*(?:(?:y|ah|bueno|pero) )*(?:encima|ademas|por cierto|total que|en fin|por otra parte|por otro lado|a lo que iba)\b/,
};

/** Whether a clause turns to something else, so that no words of others go on. */
export const shiftsTopic = (folded: string, language: Language): boolean => SHIFT[language].test(folded);
