import type { Letter } from '../../../platform/mail/index.js';
import type { Language } from '../../users/index.js';
import type { AccountMail } from './mail.jobs.js';

interface Words {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  readonly button?: string;
}

type MailLanguage = 'en' | 'es';

const WORDS: Readonly<Record<MailLanguage, Readonly<Record<AccountMail, Words>>>> = {
  en: {
    verify: {
      subject: 'Confirm your email address',
      paragraphs: [
        'An account of this family server has your email address. If it is yours, confirm the address.',
        'If you have made no account there, do nothing: without your confirmation the address is not taken for yours.',
      ],
      button: 'Confirm the address',
    },
    change: {
      subject: 'Confirm your new email address',
      paragraphs: [
        'The owner of an account of this family server wants to use this email address from now on. If that is you, confirm it; until then the old address stays.',
        'If it is not you, do nothing.',
      ],
      button: 'Confirm the new address',
    },
    reset: {
      subject: 'Set a new password',
      paragraphs: [
        'Somebody, we hope you, has forgotten the password of your account of this family server.',
        'Setting a new one signs you out on all devices and ends your API keys and linked accounts. If it was not you, do nothing: your password stays as it is.',
      ],
      button: 'Set a new password',
    },
    email_change: {
      subject: 'Your email address is about to change',
      paragraphs: [
        'Somebody who knows your password has asked to use another email address for your account of this family server. It changes when that address is confirmed.',
        'If it was not you, change your password at once: that also stops the change.',
      ],
    },
    password_changed: {
      subject: 'Your password was changed',
      paragraphs: [
        'The password of your account of this family server was changed, and other devices were signed out.',
        'If it was not you, set a new one at once by "forgot password", and tell whoever runs the server.',
      ],
    },
    identities_changed: {
      subject: 'How you sign in has changed',
      paragraphs: [
        'An account of another service was linked to your account of this family server, or unlinked from it.',
        'If it was not you, look at your linked accounts, unlink those that are not yours, and change your password at once.',
      ],
    },
    session_copied: {
      subject: 'You were signed out on one device',
      paragraphs: [
        'Something that only one device of yours should have, and that keeps it signed in, was used a second time. So that device was signed out.',
        'An old backup of a device can cause that. If you know of none, somebody may have copied it: look at your sessions, sign out everywhere, and change your password.',
      ],
    },
    account_handed_over: {
      subject: 'Look at who belongs to your family',
      paragraphs: [
        'Your account of this family server had your email address before anybody had proved it. Now you have, so it is yours: whatever else opened it (a password, API keys) and every invitation made in its name is void. Set a password of your own by "forgot password".',
        'Other people belong to a family of this account. If you have made it yourself, all is well. If not, look at the members of the family before you tell it anything: take out whom you do not know, or leave it and begin another one.',
      ],
    },
  },
  es: {
    verify: {
      subject: 'Confirma tu correo electrónico',
      paragraphs: [
        'Una cuenta de este servidor familiar tiene tu dirección de correo. Si la cuenta es tuya, confirma la dirección.',
        'Si no has creado ninguna cuenta, no hagas nada: sin tu confirmación la dirección no se da por tuya.',
      ],
      button: 'Confirmar la dirección',
    },
    change: {
      subject: 'Confirma tu nuevo correo electrónico',
      paragraphs: [
        'El dueño de una cuenta de este servidor familiar quiere usar esta dirección de correo a partir de ahora. Si eres tú, confírmala; hasta entonces sigue la anterior.',
        'Si no eres tú, no hagas nada.',
      ],
      button: 'Confirmar la nueva dirección',
    },
    reset: {
      subject: 'Elige una contraseña nueva',
      paragraphs: [
        'Alguien, esperamos que tú, ha olvidado la contraseña de tu cuenta de este servidor familiar.',
        'Al elegir una nueva se cierra la sesión en todos tus dispositivos y terminan tus claves de API y cuentas vinculadas. Si no has sido tú, no hagas nada: tu contraseña sigue igual.',
      ],
      button: 'Elegir una contraseña nueva',
    },
    email_change: {
      subject: 'Tu correo electrónico va a cambiar',
      paragraphs: [
        'Alguien que conoce tu contraseña ha pedido usar otra dirección de correo para tu cuenta de este servidor familiar. Cambiará cuando se confirme esa dirección.',
        'Si no has sido tú, cambia tu contraseña enseguida: con eso también se detiene el cambio.',
      ],
    },
    password_changed: {
      subject: 'Tu contraseña ha cambiado',
      paragraphs: [
        'La contraseña de tu cuenta de este servidor familiar ha cambiado, y se ha cerrado la sesión en los demás dispositivos.',
        'Si no has sido tú, elige otra enseguida con «he olvidado mi contraseña» y avisa a quien lleva el servidor.',
      ],
    },
    identities_changed: {
      subject: 'Ha cambiado tu forma de entrar',
      paragraphs: [
        'Una cuenta de otro servicio se ha vinculado a tu cuenta de este servidor familiar, o se ha desvinculado de ella.',
        'Si no has sido tú, revisa tus cuentas vinculadas, desvincula las que no sean tuyas y cambia tu contraseña enseguida.',
      ],
    },
    session_copied: {
      subject: 'Se ha cerrado tu sesión en un dispositivo',
      paragraphs: [
        'Algo que solo uno de tus dispositivos debe tener, y que mantiene abierta su sesión, se ha usado por segunda vez. Por eso se ha cerrado la sesión en ese dispositivo.',
        'Puede pasar al restaurar una copia antigua de un dispositivo. Si no es tu caso, puede que alguien lo haya copiado: revisa tus sesiones, ciérralas todas y cambia tu contraseña.',
      ],
    },
    account_handed_over: {
      subject: 'Revisa quién pertenece a tu familia',
      paragraphs: [
        'Tu cuenta de este servidor familiar tenía tu dirección de correo antes de que nadie la hubiera confirmado. Ahora lo has hecho y es tuya: todo lo demás que la abría (una contraseña, claves de API) y las invitaciones hechas en su nombre ya no valen. Elige una contraseña con «he olvidado mi contraseña».',
        'Otras personas pertenecen a una familia de esta cuenta. Si la creaste tú, todo está bien. Si no, revisa los miembros de la familia antes de contarle nada: saca a quien no conozcas, o déjala y crea otra.',
      ],
    },
  },
};

const LIFE: Readonly<Record<MailLanguage, string>> = {
  en: 'The link is good once and for ten minutes.',
  es: 'El enlace sirve una sola vez y durante diez minutos.',
};
const SENT_BY: Readonly<Record<MailLanguage, (origin: string) => string>> = {
  en: (origin) => `Sent by Family Assistant at ${origin}.`,
  es: (origin) => `Enviado por Family Assistant en ${origin}.`,
};

/** Pages that the links open; the token comes after #, which browsers send to no server. */
const PAGES: Readonly<Partial<Record<AccountMail, string>>> = {
  verify: '/account/email',
  change: '/account/email',
  reset: '/account/password',
};

/** The mail in the language of the person; in both for who speaks both. */
export function lettersFor(
  mail: AccountMail,
  language: Language,
  origin: string,
  token: string | undefined,
): readonly [Letter, ...Letter[]] {
  const letter = (spoken: MailLanguage): Letter => {
    const { subject, paragraphs, button } = WORDS[spoken][mail];
    const sentBy = SENT_BY[spoken](origin);
    const base = { language: spoken, subject, paragraphs };
    if (button === undefined || token === undefined) return { ...base, footer: sentBy };
    const url = `${origin}${PAGES[mail] ?? '/'}#${token}`;
    return { ...base, action: { label: button, url }, footer: `${LIFE[spoken]} ${sentBy}` };
  };
  return language === 'bilingual' ? [letter('en'), letter('es')] : [letter(language)];
}
