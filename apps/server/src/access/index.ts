export { authenticate } from './authenticate.ts';
export { oauthRoutes } from './routes.ts';
export { type Caller, hashSecret, makeSecret, openTokens, tokenStatements } from './tokens.ts';
