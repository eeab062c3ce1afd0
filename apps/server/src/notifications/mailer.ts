import { createTransport } from 'nodemailer';
import type { Logger } from 'pino';
import type { Organisations } from '../organisation/index.ts';
import type { Database } from '../platform/database/index.ts';
import { describeFailure } from '../platform/http/server.ts';
import type { Mail } from './compose.ts';
import { type Delivery, passOverMessages, queueMessages, sendDueMessages } from './messages.ts';

export interface MailSettings {
  /** smtp:// or smtps://, with user and password in it where the server wants them. */
  smtpUrl: string;
  /** Whom mails are from; null: no-reply at the organisation's host. */
  from: string | null;
}

export interface MailerOptions {
  database: Database;
  organisations: Organisations;
  log: Logger;
  /** Null: nobody is written to. */
  mail: MailSettings | null;
  everyMs?: number;
}

/**
 * Writes to people what events ask for, soon after they happened. One that cannot be delivered holds
 * up no other. Without settings it passes over what happens, so that nobody is invited late.
 */
export async function startMailer(options: MailerOptions): Promise<{ stop(): Promise<void> }> {
  const { database, log, mail, everyMs = 1_000 } = options;
  if (!mail) {
    await passOverMessages(database);
    return { stop: async () => {} };
  }
  const transport = createTransport({
    url: mail.smtpUrl,
    pool: true,
    maxConnections: 2,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    // A message is made here, of texts; nothing in it may name a file or an address to be fetched.
    disableFileAccess: true,
    disableUrlAccess: true,
  });

  async function send(composed: Mail, messageId: string): Promise<Delivery> {
    try {
      await transport.sendMail({
        from: mail?.from ?? `no-reply@${messageId.slice(messageId.lastIndexOf('@') + 1, -1)}`,
        to: composed.to,
        subject: composed.subject,
        text: composed.text,
        messageId,
        headers: { 'Content-Language': composed.language, 'Auto-Submitted': 'auto-generated' },
        icalEvent: {
          filename: 'appointment.ics',
          method: composed.calendar.method,
          content: composed.calendar.content,
        },
      });
      return { outcome: 'sent' };
    } catch (error) {
      const { responseCode, code } = error as { responseCode?: number; code?: string };
      // The server's text may quote the address; its number does not.
      const reason = String(responseCode ?? code ?? 'failed').toLowerCase();
      log.warn({ reason }, 'a message was not delivered');
      const isFinal = responseCode !== undefined && responseCode >= 500;
      return { outcome: isFinal ? 'refused' : 'unreachable', reason };
    }
  }

  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  let isStopped = false;
  let isFailing = false;

  async function work(): Promise<void> {
    try {
      await queueMessages(database);
      while (!isStopped && (await sendDueMessages(options, send, () => isStopped)) > 0);
      isFailing = false;
    } catch (error) {
      // One line, however long the database is away.
      if (!isFailing) log.warn({ failure: describeFailure(error) }, 'messages wait');
      isFailing = true;
    }
    workLater();
  }
  function workLater(): void {
    if (isStopped) return;
    timer = setTimeout(() => {
      running = work();
    }, everyMs);
    timer.unref();
  }
  workLater();

  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
      transport.close();
    },
  };
}
