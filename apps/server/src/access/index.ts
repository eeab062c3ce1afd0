export {
  createClient,
  listClients,
  readClientName,
  revokeClient,
  rotateSecret,
} from './administration.ts';
export { authenticate } from './authenticate.ts';
export { guardPages, readCookie, setCookie } from './cookies.ts';
export { forgetGuesses, openGuesses } from './guesses.ts';
export { type OrganisationOfHost, openHosts, openPageOwners } from './hosts.ts';
export { oauthRoutes } from './routes.ts';
export {
  createStaff,
  listStaff,
  openStaff,
  type Staff,
  type StaffMember,
  setStaff,
} from './staff.ts';
export {
  authenticateStaff,
  forgetSessions,
  isInScope,
  isPermitted,
  openStaffSessions,
  type SignedIn,
  type StaffSessions,
} from './staff-sessions.ts';
export { type Caller, forgetTokens, openTokens, tokenStatements } from './tokens.ts';
export {
  authenticateVisitor,
  type Found,
  openVisitSessions,
  type VisitSessions,
} from './visit-sessions.ts';
