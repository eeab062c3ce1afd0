import { byId } from './read.ts';
import { insertAppointment } from './schedule.ts';

export { admit } from './admit.ts';
export { claimantLink } from './answer.ts';
export { arrive } from './arrive.ts';
export { calendarOf } from './calendar.ts';
export { cancel } from './cancel.ts';
export { correct, correctClosed } from './correct.ts';
export { end } from './end.ts';
export { showAppointments } from './figures.ts';
export { hold, resume } from './hold.ts';
export { leave } from './leave.ts';
export { markNoShow } from './mark-no-show.ts';
export { putBack } from './put-back.ts';
export { read as readAppointment } from './read.ts';
export { appointmentRoutes } from './routes.ts';
export type { AppointmentRow } from './row.ts';
export { sandboxRoutes } from './sandbox.ts';
export { start } from './start.ts';
export { isFinal } from './status.ts';
export { sweepAppointments } from './sweep.ts';

/** Statements that every connection has ready. */
export const hotAppointmentStatements = [insertAppointment, byId];
