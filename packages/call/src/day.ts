import type { DayAppointment } from '@anteroom/contract';

export interface DayOptions {
  /** As of `openCall`, for the day's socket. */
  fetchTicket(): Promise<string>;
  socketUrl: string;
  /** Appointments of the agent's departments that have changed or are new, as soon as they have. */
  onChange(appointments: readonly DayAppointment[]): void;
  /**
   * `open` also after every reconnection: read the whole day then, since changes may have been
   * missed. `refused`: no ticket is to be had any more.
   */
  onConnection(connection: 'open' | 'reconnecting' | 'refused'): void;
}

/** Follows the day's appointments; what it answers ends that. */
export function followDay(_options: DayOptions): () => void {
  return () => {};
}
