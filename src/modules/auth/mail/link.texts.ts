/** What the pages behind the links of mails say, in the languages of the families. */
export const LINK_TEXTS = {
  password: {
    en: {
      title: 'Set a new password',
      intro: 'All your devices are signed out then, and your API keys and linked accounts end.',
      field: 'New password (at least 12 characters)',
      submit: 'Set the password',
      done: 'Your password is set. Sign in with your app now.',
      failed: 'That did not work:',
      offline: 'The server does not answer. Try again soon.',
    },
    es: {
      title: 'Elige una contraseña nueva',
      intro: 'Se cerrará la sesión en todos tus dispositivos, y terminarán tus claves de API y cuentas vinculadas.',
      field: 'Contraseña nueva (12 caracteres como mínimo)',
      submit: 'Guardar la contraseña',
      done: 'Tu contraseña está guardada. Ahora inicia sesión en tu aplicación.',
      failed: 'No ha funcionado:',
      offline: 'El servidor no responde. Inténtalo de nuevo dentro de un momento.',
    },
  },
  email: {
    en: {
      title: 'Confirm your email address',
      intro: 'Confirm only if the account of this server is yours.',
      field: '',
      submit: 'Confirm',
      done: 'Your address is confirmed.',
      failed: 'That did not work:',
      offline: 'The server does not answer. Try again soon.',
    },
    es: {
      title: 'Confirma tu correo electrónico',
      intro: 'Confírmalo solo si la cuenta de este servidor es tuya.',
      field: '',
      submit: 'Confirmar',
      done: 'Tu dirección está confirmada.',
      failed: 'No ha funcionado:',
      offline: 'El servidor no responde. Inténtalo de nuevo dentro de un momento.',
    },
  },
} as const;

export type LinkPage = keyof typeof LINK_TEXTS;
export type LinkLanguage = keyof (typeof LINK_TEXTS)[LinkPage];

/** The language a browser asks for first, of those there are. */
export function linkLanguage(acceptLanguage: string | undefined): LinkLanguage {
  const wanted = (acceptLanguage ?? '').split(',').map((entry) => entry.trim().slice(0, 2).toLowerCase());
  return wanted.find((language): language is LinkLanguage => language === 'en' || language === 'es') ?? 'en';
}
