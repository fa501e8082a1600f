/** What the join page says, in the languages of the families. */
export const JOIN_TEXTS = {
  en: {
    title: 'Join your family',
    intro: 'Somebody has invited you to their family on this server.',
    code: 'Invitation code',
    firstName: 'First name',
    email: 'Email',
    password: 'Password (at least 12 characters)',
    existing: 'I already have an account on this server',
    submit: 'Join',
    done: 'You have joined. Sign in with your app now.',
    failed: 'That did not work:',
    offline: 'The server does not answer. Try again soon.',
  },
  es: {
    title: 'Únete a tu familia',
    intro: 'Alguien te ha invitado a su familia en este servidor.',
    code: 'Código de invitación',
    firstName: 'Nombre',
    email: 'Correo electrónico',
    password: 'Contraseña (12 caracteres como mínimo)',
    existing: 'Ya tengo una cuenta en este servidor',
    submit: 'Unirme',
    done: 'Ya estás en la familia. Ahora inicia sesión en tu aplicación.',
    failed: 'No ha funcionado:',
    offline: 'El servidor no responde. Inténtalo de nuevo dentro de un momento.',
  },
} as const;

export type JoinLanguage = keyof typeof JOIN_TEXTS;

/** The language a browser asks for first, of those there are. */
export function joinLanguage(acceptLanguage: string | undefined): JoinLanguage {
  const wanted = (acceptLanguage ?? '').split(',').map((entry) => entry.trim().slice(0, 2).toLowerCase());
  return wanted.find((language): language is JoinLanguage => language === 'en' || language === 'es') ?? 'en';
}
