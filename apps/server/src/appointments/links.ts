import type { LinksAnswer } from '@anteroom/contract';
import type { Answer } from '../platform/idempotency.ts';
import { drawQrCode } from '../platform/qr.ts';
import { claimantLink, entityTag, hostLink, type View } from './answer.ts';
import type { AppointmentRow } from './row.ts';

const inBothForms = (text: string) => ({ text, qr_svg: drawQrCode(text) });

/** The whole answer that shows an appointment's links; the host's only where the view shows its key. */
export function answerLinks(row: AppointmentRow, view: View): Answer {
  const data: LinksAnswer = {
    claimant_link: inBothForms(claimantLink(row, view)),
    short_link: inBothForms(`${view.organisation.publicUrl}/j/${row.entry_code}`),
    entry_code: inBothForms(row.entry_code),
    host_link: view.seesHostKey ? inBothForms(hostLink(row, view)) : null,
  };
  const headers = { etag: entityTag(row.version) };
  return { status: 200, headers, body: JSON.stringify({ data }) };
}
