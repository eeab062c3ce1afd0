export {
  createAdministrator,
  createClient,
  listClients,
  readClientName,
  revokeClient,
  rotateSecret,
} from './administration.ts';
export { authenticate } from './authenticate.ts';
export { openHosts } from './hosts.ts';
export { oauthRoutes } from './routes.ts';
export { type Caller, forgetTokens, openTokens, tokenStatements } from './tokens.ts';
