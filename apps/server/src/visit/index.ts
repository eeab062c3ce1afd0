export { claimantRoutes } from './claimant-routes.ts';
export { portalRoutes } from './portal-routes.ts';
export { staffSessionRoutes } from './staff-session-routes.ts';
