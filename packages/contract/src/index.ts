export * from './appointments.ts';
export * from './errors.ts';
export * from './events.ts';
export * from './features.ts';
export * from './lists.ts';
export * from './oauth.ts';
export * from './schema.ts';
export * from './scopes.ts';
