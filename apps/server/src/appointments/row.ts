import type { AccessNeed, Features, Status } from '@anteroom/contract';
import { type AppointmentsRow, appointmentsColumns } from '../platform/database/rows.gen.ts';

/** One appointment as the statements answer it; instants are PostgreSQL's text in UTC. */
export type AppointmentRow = Omit<
  AppointmentsRow,
  'organisation_id' | 'status' | 'features' | 'extensions_access_needs'
> & {
  status: Status;
  features: Features;
  extensions_access_needs: readonly AccessNeed[];
};

/** The columns of an AppointmentRow, for the end of every statement that answers one. */
export const appointmentColumns = appointmentsColumns
  .filter((column) => column !== 'organisation_id')
  .join(', ');
