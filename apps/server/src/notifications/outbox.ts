import { createHash } from 'node:crypto';
import {
  authenticateStaff,
  type OrganisationOfHost,
  type StaffSessions,
  type VisitSessions,
} from '../access/index.ts';
import { type AppointmentRow, recentlyChanged } from '../appointments/index.ts';
import type { Organisations } from '../organisation/index.ts';
import type { Database } from '../platform/database/index.ts';
import { Html, html } from '../platform/html.ts';
import type { Http } from '../platform/http/route.ts';
import { composeMail, type Mail } from './compose.ts';

const style = `
:root { color-scheme: light dark; font: 100%/1.6 system-ui, sans-serif; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1.25rem; }
article { border: 1px solid #8888; border-radius: 12px; padding: 1rem 1.25rem; margin: 1rem 0; }
h2 { font-size: 1.125rem; margin: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: 0.5rem 0 0; }
dd { margin: 0; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; border-top: 1px solid #8888; padding-top: 0.75rem; }
`;

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export interface OutboxOptions {
  database: Database;
  organisations: Organisations;
  sessions: StaffSessions;
  visits: VisitSessions;
  pageOwner: OrganisationOfHost;
}

const shown = 30;

/**
 * A page for developers, where no mail is configured: what the claimants of the appointments that
 * changed last would now be written. For administrators alone, since it shows links. Mount it only there.
 */
export function outboxRoutes(options: OutboxOptions) {
  const { database, organisations, sessions, visits, pageOwner } = options;
  return async (app: Http): Promise<void> => {
    app.addHook('onRequest', authenticateStaff(sessions, visits, pageOwner));
    app.get(
      '/portal/api/outbox',
      { config: { permission: 'outbox:view' } },
      async ({ staff }, reply) => {
        const organisation = await organisations.find(staff.organisationId);
        const rows = await recentlyChanged(database.in(staff.organisationId), shown);
        const mails = rows.flatMap((row) => {
          const mail = composeMail(kindOf(row), row, organisation);
          return mail && !row.is_practice ? [mail] : [];
        });
        return reply
          .type('text/html; charset=utf-8')
          .header('content-security-policy', policy)
          .send(render(mails));
      },
    );
  };
}

const kindOf = (row: AppointmentRow) => (row.status === 'cancelled' ? 'cancelled' : 'invitation');

const render = (mails: readonly Mail[]) =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Outbox</title>
<style>${new Html(style)}</style>
</head>
<body>
<h1>Outbox</h1>
<p>No mail server is configured (<code>SMTP_URL</code>), so nothing is sent. This is what the claimants of the
appointments that changed last would now be written. <a href="/portal/">Back to the portal</a></p>
${
  mails.length === 0
    ? html`<p>Nobody: no appointment has an email address yet.</p>`
    : mails.map(
        ({ to, subject, text, language }) => html`<article>
<h2>${subject}</h2>
<dl><dt>To</dt><dd>${to}</dd><dt>Language</dt><dd>${language}</dd></dl>
<pre lang="${language}" dir="auto">${text}</pre>
</article>`,
      )
}
</body>
</html>`.text;
