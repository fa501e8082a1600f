import { type Language } from '../facts.types.js';

const mapOf = (pairs: string): ReadonlyMap<string, string> =>
  new Map(pairs.split(',').map((pair) => pair.trim().split('=') as [string, string]));

/** Words as people type them on a phone. */
const SHORT: Readonly<Record<Language, ReadonlyMap<string, string>>> = {
  en: mapOf(
    `2day=today,2moro=tomorrow,2nite=tonight,b4=before,h8=hate,h8s=hates,luv=love,luvs=loves,soz=sorry,sry=sorry,nemore=anymore,nomore=no more,wk=week,wks=weeks,yr=year,yrs=years,num=number,nmbr=number,pls=please,plz=please,r=are,u=you,ur=your,prob=probably,probs=probably,lil=little,rly=really,rlly=really,def=definitely,defo=definitely,atm=at the moment,rn=right now,tho=though,dnt=don't,cnt=can't,wrk=work,wrks=works,hav=have,lyk=like,skl=school,skool=school,n=and,nd=and,w=with,wiv=with,bf=boyfriend,gf=girlfriend,bcoz=because,bcos=because,tmrw=tomorrow,fone=phone,fav=favourite,moovd=moved,@=at,m8=mate,msg=message,appt=appointment,hes=he's,shes=she's,theyre=they're,doesnt=doesn't,isnt=isn't,cant=can't,wont=won't,liv=live,alergic=allergic,veggie=veggie,evry=every,sumtimes=sometimes,sum=some,wen=when,coz=because,cuz=because,yday=yesterday,gona=gonna,stil=still,jst=just,thx=thanks`,
  ),
  es: mapOf(
    `q=que,k=que,xq=porque,pq=porque,porq=porque,xro=pero,pro=pero,x=por,d=de,dsd=desde,tb=también,tmb=también,tbn=también,m=me,t=te,cn=con,toy=estoy,stoy=estoy,sta=está,tamos=estamos,tngo=tengo,tnemos=tenemos,tiene=tiene,num=número,xfa=por favor,porfa=por favor,bn=bien,hno=hermano,hna=hermana,aki=aquí,kiero=quiero,mñn=mañana,ahra=ahora,aora=ahora,ahr=ahora,muxo=mucho,mxo=mucho,dl=del,tmpoco=tampoco,ntp=no te preocupes,vdd=verdad,pa=para,pal=para el,ncanta=encanta,nta=esta,s=es,bueno=bueno,grax=gracias,wapo=guapo,dspues=después,dps=después,finde=finde,tdos=todos,tds=todos,kasa=casa,kumple=cumple,bivo=vivo,bibo=vivo,ya=ya`,
  ),
};
const TYPED = /(?<![\p{L}\p{N}@./#'-]|\d )(?:@(?= )|[\p{L}\p{N}]{1,7})(?![\p{L}\p{N}@'-])/gu;

/** A sentence with the short forms of text messages written out; "dejao" as "dejado". */
export function spelled(raw: string, language: Language): string {
  const text = raw.replace(TYPED, (word) => (/^\p{Lu}/u.test(word) ? word : (SHORT[language].get(word) ?? word)));
  return language === 'es'
    ? text
        .replace(/(?<=^|\s)e (?=\p{L}+(?:ado|ao|ido)(?!\p{L}))/gu, 'he ')
        .replace(
          /(?<=\p{L} )a (?=(?:empez|dej|cambi|apunt|compr|encontr|aprob|suspend)\p{L}*(?:ado|ao|ido)(?!\p{L}))/gu,
          'ha ',
        )
        .replace(/(?<=\b(?:vivo|vive|vivimos|trabajo|trabaja|curro|estudio|estoy) )n (?=\p{L})/gu, 'en ')
        .replace(/(?<=\p{L}{2})ao(?!\p{L})/gu, (end, at: number) =>
          /bacal|cac|bilb|cal$/i.test(text.slice(at - 4, at)) ? end : 'ado',
        )
    : text
        .replace(/\bno (?=\d[\d ]{5})/g, 'number ')
        .replace(/(?<=\b(?:moved|going|went|go|goes|allergic|used|back|switched|changed|married) )2 (?=\p{L})/gu, 'to ')
        .replace(/(?<=\b(?:work|works|working|job) )4 (?=\p{L})/gu, 'for ');
}
