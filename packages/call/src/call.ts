import type { CallRole } from '@anteroom/contract';
import type { Devices } from './devices.ts';
import type { Actions, CallSnapshot } from './snapshot.ts';
import { CallRefusal } from './socket.ts';
import { openStore, type Store } from './store.ts';

export interface CallOptions {
  /** Expected role; the server decides. */
  role: CallRole;
  /**
   * Fetches a fresh ticket by the page's own session; asked before every connection. Throw
   * CallRefusal when there is none to be had any more; any other error is tried again.
   */
  fetchTicket(): Promise<string>;
  /** `wss://…/socket` of the page's own address. */
  socketUrl: string;
  /** What this person sends; opened, switched and closed by the page. */
  devices: Devices;
}

/** One page's part in one appointment's room, from waiting to the end. */
export interface Call extends Store<CallSnapshot>, Actions {
  /** In the handler of the tap: plays what the browser held back, and reconnects at once. */
  goOn(): void;
  /** Closes everything but the devices. */
  leave(): void;
}

export function openCall(_options: CallOptions): Call {
  const store = openStore<CallSnapshot>({
    connection: 'connecting',
    room: null,
    ownId: null,
    role: null,
    others: [],
    isHeld: false,
    trouble: null,
    needsTap: false,
  });
  const command = async () => {
    throw new CallRefusal('not_connected', 'The call is not connected.');
  };
  return {
    subscribe: store.subscribe,
    snapshot: store.snapshot,
    admit: command,
    hold: command,
    resume: command,
    putBack: command,
    end: command,
    takeSeat: command,
    goOn() {},
    leave: () => store.set({ connection: 'left' }),
  };
}
