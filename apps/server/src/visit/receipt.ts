import type { Receipt } from '@anteroom/contract';
import { readEvents } from '../appointments/index.ts';
import type { OrganisationDatabase } from '../platform/database/index.ts';

/** What a person can point to afterwards. */
const told: Record<string, Receipt[number]['what']> = {
  'appointment.arrived': 'arrived',
  'appointment.started': 'seen',
  'appointment.completed': 'ended',
};

/** More events than any visit has. */
const mostEvents = 1_000;

/** That they came, were seen, and when it ended; from the events, oldest first. */
export async function receiptOf(database: OrganisationDatabase, id: string): Promise<Receipt> {
  const { items } = await readEvents(database, id, 1, mostEvents);
  return items.flatMap(({ type, occurred_at: at }) => {
    const what = told[type];
    return what ? [{ what, at }] : [];
  });
}
