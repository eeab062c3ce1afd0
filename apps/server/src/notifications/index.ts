export { type MailSettings, startMailer } from './mailer.ts';
export { outboxRoutes } from './outbox.ts';
