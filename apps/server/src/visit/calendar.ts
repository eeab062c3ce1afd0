import { chooseLanguage, translate } from '@anteroom/language';
import { messagesIn } from '@anteroom/language/messages';
import { type AppointmentRow, calendarOf, claimantLink } from '../appointments/index.ts';
import type { Organisation } from '../organisation/index.ts';

/** The appointment for its claimant's calendar, in their language; the same entry as in their mail. */
export function calendarForClaimant(row: AppointmentRow, organisation: Organisation): string {
  const catalogue = messagesIn(chooseLanguage([row.extensions_language]));
  const link = claimantLink(row, { organisation, seesClaimantToken: true });
  const summary = translate(catalogue, 'calendarSummary', { organisation: organisation.name });
  return calendarOf(row, new URL(organisation.publicUrl).host, {
    summary,
    description: `${translate(catalogue, 'open')}\n${link}`,
    address: link,
  });
}
