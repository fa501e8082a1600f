import { type Language } from '../facts.types.js';

const LEFT: Readonly<Record<Language, readonly RegExp[]>> = {
  en: [
    /^(?<owner>(?:my|our)|.{2,30}?'s?) (?:old |class |form )?(?<role>teacher|doctor|gp|dentist)(?:,? (?:mr|mrs|miss|ms|dr)\.? [\p{L}'-]+,?)? (?:has |have |is |'s |just |finally |sadly )*(?:left|leaving|retired|retiring|moved|moving|quit|gone|died|passed away|off on maternity)\b/iu,
  ],
  es: [
    /^(?:el|la) (?:nuev[oa] )?(?<role>profe|profesora?|maestr[oa]|tutora?|seño|m[eé]dic[oa]|doctora?|pediatra|dentista) de (?<owner>mi \p{L}+|los \p{L}+|las \p{L}+|\p{L}+)(?:,? \p{Lu}\p{L}+,?)? (?:se |ya |nos )*(?:ha |han )?(?:ido|fue|jubilado|jubil[oó]|marchado|march[oó]|muerto|dej[oó]|dejado|cambiado|de baja)\b/iu,
    /^(?<owner>mi|nuestr[oa]) (?<role>profe|profesora?|maestr[oa]|tutora?|seño|m[eé]dic[oa]|doctora?|pediatra|dentista)(?:,? \p{Lu}\p{L}+,?)? (?:se |ya |nos )*(?:ha |han )?(?:ido|fue|jubilado|jubil[oó]|marchado|march[oó]|muerto|dejado)\b/iu,
  ],
};

/** "Max's teacher Miss Hill left": whose teacher, doctor or dentist is none any more. */
export function postLeft(raw: string, language: Language): { owner: string; predicate: string } | null {
  for (const left of LEFT[language]) {
    const { owner, role } = left.exec(raw)?.groups ?? {};
    if (owner === undefined || role === undefined) continue;
    const predicate = /^(?:doc|gp|med|méd|ped)/i.test(role) ? 'doctor' : /^dent/i.test(role) ? 'dentist' : 'teacher';
    return { owner, predicate };
  }
  return null;
}
