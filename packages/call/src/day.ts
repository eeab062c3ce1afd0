import type { DayAppointment } from '@anteroom/contract';
import { makePageName, openLine, watchWaking } from './socket.ts';

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
export function followDay(options: DayOptions): () => void {
  const line = openLine({
    socketUrl: options.socketUrl,
    fetchTicket: options.fetchTicket,
    page: makePageName(),
    isUrgent: () => false,
    onMessage(message) {
      if (message.type === 'day') options.onChange(message.appointments);
    },
    onConnection(connection) {
      if (connection === 'open' || connection === 'reconnecting') options.onConnection(connection);
      else if (connection === 'over' || connection === 'refused') options.onConnection('refused');
    },
  });
  const stopWaking = watchWaking(line.renew);
  return () => {
    stopWaking();
    line.close();
  };
}
