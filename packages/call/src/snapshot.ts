import type { CallRole, RoomSnapshot } from '@anteroom/contract';

/**
 * How the page stands with the server.
 * - `connecting`: for the first time; `reconnecting`: it was open before, and heals by itself.
 * - `over`: final state, moved, new links or signed out: read the appointment again.
 * - `seat_taken`: another device of the claimant goes on; `takeSeat` after a new `openCall` asks for it.
 * - `refused`: no ticket is to be had any more (the session is dead), or the server took us for a flood.
 * - `left`: `leave` was called.
 */
export type CallConnection =
  | 'connecting'
  | 'open'
  | 'reconnecting'
  | 'over'
  | 'seat_taken'
  | 'refused'
  | 'left';

/**
 * What the person should be told about the picture and sound from somebody, or null when all is well.
 * `weak`: it stutters; `lost`: nothing comes, it heals by itself; `back`: it has just come back.
 */
export type Trouble = 'weak' | 'lost' | 'back' | null;

/** Somebody else in the call whom this page may meet. */
export interface Other {
  /** Of their connection; changes when they reload. */
  readonly id: string;
  readonly role: CallRole;
  readonly name: string;
  /** Give it to `srcObject`; the same object as long as they are connected. Null until media come. */
  readonly stream: MediaStream | null;
  /** A picture comes now; without it show their name. */
  readonly hasPicture: boolean;
  readonly trouble: Trouble;
}

/** Everything a call screen shows; `room` is what the server knows, word for word. */
export interface CallSnapshot {
  readonly connection: CallConnection;
  readonly room: RoomSnapshot | null;
  /** Of this connection, as in `room.people`. */
  readonly ownId: string | null;
  readonly role: CallRole | null;
  readonly others: readonly Other[];
  /** On hold: media are stopped both ways, at once and whatever the other side does. */
  readonly isHeld: boolean;
  /** The worst of what the others' `trouble` says; also `lost` while the server is away. */
  readonly trouble: Trouble;
  /** The browser plays sound only after a tap: show one button that calls `goOn`. */
  readonly needsTap: boolean;
}

/** Each resolves when the server has done it, and throws CallRefusal with a sentence when not. */
export interface Actions {
  /** The agent lets the waiting claimant in. */
  admit(): Promise<void>;
  /** The agent stops the call for a while. */
  hold(reason: string | null): Promise<void>;
  /** The agent goes on after a hold. */
  resume(): Promise<void>;
  /** The agent returns the claimant to the waiting room. */
  putBack(): Promise<void>;
  /** The agent ends the call for everyone. */
  end(): Promise<void>;
  /** The claimant: this device goes on instead of the other one. */
  takeSeat(): Promise<void>;
}
