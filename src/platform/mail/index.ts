export { compose, type Composed, type Letter } from './letter.js';
export { MailNotSent, MailRefused } from './mail.errors.js';
export { MailModule } from './mail.module.js';
export { Mailer } from './mailer.js';
