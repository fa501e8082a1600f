/** Short and pet forms of first names, folded: the forms after each name mean it too. */
const SHORT_FORMS = `william will bill billy willy liam;robert rob bob bobby robbie;richard rick dick ricky richie;james jim jimmy jamie;john johnny jack;jonathan jon jonny;joseph joe joey;michael mike mikey mick;matthew matt matty;daniel dan danny dani;david dave davey davi;thomas tom tommy;edward ed eddie ted teddy ned;charles charlie chuck;christopher chris kit;nicholas nick nicky nico;benjamin ben benny benji;samuel sam sammy;alexander alex xander sandy al;andrew andy drew;anthony tony ant;patrick pat paddy;peter pete;stephen steve stevie;steven steve;timothy tim timmy;gregory greg;joshua josh;zachary zach zac;nathaniel nate nat;oliver ollie olly;harold harry;henry harry hal;george georgie;frederick fred freddie;theodore theo ted teddy;leonard leo len lenny;leonardo leo leito;albert al bert bertie;arthur art artie;lawrence larry;martin marty;raymond ray;ronald ron ronnie;kenneth ken kenny;philip phil;vincent vince;walter walt wally;archibald archie;
elizabeth liz lizzie beth betty eliza libby lisa;katherine kate katie kathy kat kit;catherine kate katie cathy cat;margaret maggie meg peggy marge rita;sarah sally sadie;victoria vicky vicki tori;rebecca becky becca;jennifer jen jenny;jessica jess jessie;amanda mandy;abigail abby gail;alexandra alex lexi sandra sasha;samantha sam sammy;charlotte lottie charlie lotte;isabella bella izzy isa;isabel isa bel izzy isabelita chabela;olivia liv livvy ollie;emily em emmy;emma em;susan sue susie;susannah sue susie;deborah deb debbie;patricia pat patty trish tricia patri;pamela pam;christine chris chrissie;christina chris tina;caroline carrie caro;eleanor ellie nell nora;josephine josie jo;joanna jo;natalie nat;natalia nat nati;madeleine maddie;madison maddie;penelope penny;theresa terry tess;veronica ronnie vero;barbara barb babs;dorothy dot dottie;florence flo flossie;philippa pip pippa;matilda tilly;amelia amy millie mia;lucy lu lulu;grace gracie;rose rosie;daisy dais;
francisco paco pancho fran curro quico kiko;jose pepe pepito joselito chema;ignacio nacho;antonio antoñito tono toni antoñin;manuel manolo manu lolo;juan juanito juanillo;jesus chus suso;rafael rafa;javier javi;alejandro alex ale jandro;alberto berto;roberto rober berto;fernando fer nando;guillermo guille memo;enrique quique kike;miguel migue;sebastian sebas;santiago santi;vicente vicen;gonzalo gonza;eduardo edu lalo;ricardo ricky richi;sergio sergi;carlos carlitos charly;luis luisito lucho;daniel dani;david davi;pablo pablito;pedro perico pedrito;andres andresito;jaime jaimito;joaquin quino ximo;salvador salva;gabriel gabi;nicolas nico;mateo teo;martin tin;diego dieguito;tomas tomi;hugo huguito;adrian adri;ruben rub;marcos marquitos;
maria mari mariquita;dolores lola loli;concepcion concha conchi;pilar pili;mercedes merche;rosario charo;consuelo chelo;teresa tere maite;cristina cris;beatriz bea;montserrat montse;encarnacion encarna;josefa pepa fefa;francisca paqui paca;isabel isa;guadalupe lupe;remedios reme;inmaculada inma;esperanza espe;milagros mila;carmen carmencita carmela menchu;ana anita;lucia luci;sofia sofi;paula pau;alejandra ale alex;valentina vale;daniela dani;gabriela gabi;carolina caro;susana susi;margarita marga;soledad sole;rocio ro;angela angelita;silvia sil;marta martita;elena ele nena;victoria vicky;yolanda yoli;julia juli;emilia emi;catalina cata;antonia toni toñi;manuela manoli manola;raquel raque;nuria nuri;aurora auri;martina marti`;

const named = new Map<string, Set<string>>();
for (const entry of SHORT_FORMS.split(/;\s*/)) {
  const [name = '', ...shorts] = entry.trim().split(' ');
  for (const short of shorts) named.set(short, (named.get(short) ?? new Set()).add(name));
}

/** Whether a folded word is a usual short or pet form of the folded first name: "paco" of "francisco", "anita" of "ana". */
export function isShortFor(word: string, name: string): boolean {
  if (named.get(word)?.has(name) === true) return true;
  const stem = /^(\w{2,})(?:c?it|ill)([oa])s?$/.exec(word);
  if (!stem) return false;
  const root = stem[1] ?? '';
  return name === root || name === root + (stem[2] ?? '') || name === `${root}e`;
}

const WOMEN = new Set(
  'elizabeth katherine catherine margaret sarah sara victoria rebecca jennifer jessica amanda abigail alexandra samantha charlotte isabella isabel olivia emily emma susan susannah deborah patricia pamela christine christina caroline eleanor josephine joanna natalie madeleine madison penelope theresa veronica barbara dorothy florence philippa matilda amelia lucy grace rose daisy kate katie anne ann jane mary alice claire clare helen ruth esther judith jean joan ellen karen sharon tracy nicole michelle rachel hannah leah naomi chloe zoe phoebe ruby poppy lily ivy evie ellie mia megan holly molly amy heather beth carol lauren erin kim eve hazel violet iris carmen pilar mercedes rosario dolores consuelo beatriz montserrat concepcion encarnacion milagros guadalupe soledad rocio raquel ines irene noemi mar sol luz paz nieves belen abril miriam ester maite nerea ainhoa leire ariadna lourdes rut edith gwen harriet imogen maisie freya sienna millie scarlett georgia jasmine priya aisha fatima mei yuki ingrid astrid maribel marisol anabel nuria marta ana'.split(
    ' ',
  ),
);
const MEN = new Set(
  'william robert richard james john jonathan joseph michael matthew daniel david thomas edward charles christopher nicholas benjamin samuel alexander andrew anthony patrick peter stephen steven timothy gregory joshua zachary nathaniel oliver harold henry george frederick theodore leonard leonardo albert arthur lawrence martin raymond ronald kenneth philip vincent walter archie jack harry charlie alfie noah luca luke mark paul simon adam aaron ryan kevin brian sean ian ethan jacob isaac leo max finn toby callum connor dylan jake owen rhys evan hugh neil graham keith nigel tom tim jim joe ben dan mike oscar felix hugo jose manuel juan jesus rafael javier miguel sebastian vicente luis jaime joaquin salvador gabriel nicolas martin tomas adrian ruben marcos carlos andres angel alex raul ivan victor hector cesar felipe jorge borja inigo iker aitor unai pau biel marc oriol joel izan bruno elias omar ahmed mohammed ali raj arjun ravi wei hiroshi lars sven nikita joshua mateo lucas matias'.split(
    ' ',
  ),
);

export type Gender = 'f' | 'm';

/** What the pronouns or else the first name suggest; null when neither tells. */
export function genderOf(firstName: string, pronouns: string | null | undefined): Gender | null {
  if (pronouns) {
    if (/^\s*(?:she|her|ella)\b/i.test(pronouns)) return 'f';
    if (/^\s*(?:he|him|él|el)(?![a-z])/i.test(pronouns)) return 'm';
    return null;
  }
  const first = firstName.split(' ')[0] ?? '';
  if (WOMEN.has(first)) return 'f';
  if (MEN.has(first)) return 'm';
  return first.endsWith('a') ? 'f' : first.endsWith('o') ? 'm' : null;
}
