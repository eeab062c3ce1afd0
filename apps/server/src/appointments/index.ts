import { byId } from './read.ts';
import { insertAppointment } from './schedule.ts';

export { admit } from './admit.ts';
export { claimantLink, inOrder } from './answer.ts';
export { arrive } from './arrive.ts';
export { assign } from './assign.ts';
export { calendarOf } from './calendar.ts';
export { cancel } from './cancel.ts';
export { correct, correctClosed } from './correct.ts';
export { dayAppointmentOf, readDay, readDayAppointments } from './day.ts';
export { noteDeviceCheck } from './device-check.ts';
export { knock, vouch, wantCallBack } from './door.ts';
export { end } from './end.ts';
export { showAppointments } from './figures.ts';
export { hold, resume } from './hold.ts';
export { leave } from './leave.ts';
export { answerLinks } from './links.ts';
export { markNoShow } from './mark-no-show.ts';
export type { Target } from './move.ts';
export { patch } from './patch.ts';
export { putBack } from './put-back.ts';
export { read as readAppointment, readEvents, recentlyChanged } from './read.ts';
export { appointmentRoutes, idOf, targetOf } from './routes.ts';
export type { AppointmentRow } from './row.ts';
export { sandboxRoutes } from './sandbox.ts';
export { schedule } from './schedule.ts';
export { searchPage } from './search.ts';
export { sendAgain } from './send-again.ts';
export { settle } from './settle.ts';
export { start } from './start.ts';
export { isFinal } from './status.ts';
export { sweepAppointments } from './sweep.ts';
export { tell, tellWaiting } from './tell.ts';
export { view } from './view.ts';

/** Statements that every connection has ready. */
export const hotAppointmentStatements = [insertAppointment, byId];
