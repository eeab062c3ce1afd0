export { type Call, type CallOptions, openCall } from './call.ts';
export type {
  Actions,
  CallConnection,
  CallSnapshot,
  Other,
  Trouble,
} from './snapshot.ts';
export { CallRefusal } from './socket.ts';
export type { Store } from './store.ts';
