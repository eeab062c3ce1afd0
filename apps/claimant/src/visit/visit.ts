import type { Store } from '@anteroom/call';
import type { DeviceCheck, Receipt, TicketAnswer, Visit } from '@anteroom/contract';
import { canEnter, keepLink } from './entrance.ts';
import { ask, Fault, readData } from './requests.ts';

/**
 * How this page stands with the appointment.
 * - `opening`: not known yet; `open`: here it is (without `claimant` its holder is not verified);
 * - `closed`: nothing opens it any more; `failed`: the server could not be asked.
 */
export type VisitState =
  | { kind: 'opening' }
  | { kind: 'open'; visit: Visit }
  | { kind: 'closed' }
  | { kind: 'failed'; fault: Fault };

/** What the claimant can have done, by the last part of its address. */
interface Commands {
  arrive: undefined;
  leave: undefined;
  cancel: { cancellation_reason: string | null };
  'device-check': DeviceCheck;
  'call-back': undefined;
  knock: undefined;
}

/** The claimant's appointment as the server knows it, and what they can do about it. */
export interface VisitStore extends Store<VisitState> {
  readonly link: Link;
  /** Domain time in milliseconds: the server's, which may be a sandbox's that stands. */
  now(): number;
  /** Reads the appointment again; keeps what is shown when that fails. */
  refresh(): Promise<void>;
  /** Has it done, and shows what became of it. Throws a Fault. */
  command<Name extends keyof Commands>(name: Name, body?: Commands[Name]): Promise<void>;
  /** Tries an entry code. Throws a Fault: `not_found` when it does not fit. */
  enter(code: string): Promise<void>;
  /** A pass for the call socket. Throws a Fault. */
  fetchTicket(): Promise<string>;
  fetchReceipt(): Promise<Receipt>;
}

/** Opens the appointment that the page's address leads to. */
export function openVisit({ link: first, answer }: Window['entrance']): VisitStore {
  const listeners = new Set<() => void>();
  let state: VisitState = { kind: 'opening' };
  let link = first;
  let clock = { at: 0, readAt: 0, stands: false };

  const show = (next: VisitState) => {
    state = next;
    for (const listener of [...listeners]) listener();
  };

  async function take(response: Response): Promise<void> {
    const visit = await readData<Visit>(response);
    const stands = response.headers.has('sandbox-clock');
    clock = { at: Date.parse(visit.now), readAt: performance.now(), stands };
    show({ kind: 'open', visit });
  }

  /** Shows what an answer holds; of a session that has ended, what the link opens now. */
  async function takeOrEnter(response: Response): Promise<void> {
    if (response.status !== 401) return take(response);
    if (!canEnter(link)) throw new Fault('unauthenticated');
    await take(await ask('POST', 'session', link));
  }

  /** Sends a request, and once more after a new exchange when the session has ended. */
  async function send(request: () => Promise<Response>): Promise<Response> {
    const response = await request();
    if (response.status !== 401) return response;
    await takeOrEnter(response);
    return request();
  }

  const fail = (error: unknown) => {
    if (!(error instanceof Fault)) throw error;
    const isGone = ['unauthenticated', 'not_found'].includes(error.code);
    if (isGone) show({ kind: 'closed' });
    else if (state.kind !== 'open') show({ kind: 'failed', fault: error });
  };

  async function begin(): Promise<void> {
    try {
      const early = await answer.catch(() => {
        throw new Fault('unreachable');
      });
      await takeOrEnter(early);
    } catch (error) {
      fail(error);
    }
  }
  void begin();

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    snapshot: () => state,
    get link() {
      return link;
    },
    now: () => clock.at + (clock.stands ? 0 : performance.now() - clock.readAt),
    async refresh() {
      try {
        await takeOrEnter(await ask('GET', 'visit'));
      } catch (error) {
        fail(error);
      }
    },
    async command(name, body) {
      try {
        await take(await send(() => ask('POST', `visit/${name}`, body)));
      } catch (error) {
        // It may have become something else meanwhile: show what it is.
        if (error instanceof Fault && error.sentence === 'fault.moved') await this.refresh();
        throw error;
      }
    },
    async enter(code) {
      const tried = { entry_code: code };
      await take(await ask('POST', 'session', tried));
      link = tried;
      keepLink(link);
    },
    async fetchTicket() {
      const answer = await send(() => ask('POST', 'visit/ticket'));
      return (await readData<TicketAnswer>(answer)).ticket;
    },
    async fetchReceipt() {
      return readData<Receipt>(await send(() => ask('GET', 'visit/events')));
    },
  };
}
