import type { AccessNeed, Features, Status } from '@anteroom/contract';
import { type AppointmentsRow, appointmentsColumns } from '../platform/database/rows.gen.ts';
import type { CustomValue } from './claimant-data.ts';

/** One appointment as the statements answer it; instants are PostgreSQL's text in UTC. */
export type AppointmentRow = Omit<
  AppointmentsRow,
  | 'organisation_id'
  | 'search_text'
  | 'knocked_by'
  | 'status'
  | 'features'
  | 'claimant_data'
  | 'extensions_access_needs'
> & {
  status: Status;
  features: Features;
  claimant_data: readonly CustomValue[];
  extensions_access_needs: readonly AccessNeed[];
};

/** The columns of an AppointmentRow, for the end of every statement that answers one. */
export const appointmentColumns = Object.keys(appointmentsColumns)
  .filter((column) => !['organisation_id', 'search_text', 'knocked_by'].includes(column))
  .join(', ');
