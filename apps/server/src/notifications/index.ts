export { type MailSettings, startMailer } from './mailer.ts';
