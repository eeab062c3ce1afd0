export { staffAppointmentRoutes } from './appointment-routes.ts';
export { claimantRoutes } from './claimant-routes.ts';
export { dayRoutes } from './day-routes.ts';
export { staffSessionRoutes } from './staff-session-routes.ts';
