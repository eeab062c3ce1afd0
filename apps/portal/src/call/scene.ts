import type { CallSnapshot } from '@anteroom/call';
import type { DayAppointment } from '@anteroom/contract';

/**
 * Where a room stands, as the agent sees it.
 * - `opening`: not connected with the server yet; `refused`: nothing more can be had from it.
 * - `empty`: the claimant is not here; `door`: here and not let in; `connecting`: let in, no picture or
 *   sound yet; `talking`; `held`.
 */
export type Scene = 'opening' | 'refused' | 'empty' | 'door' | 'connecting' | 'talking' | 'held';

/** Reads the scene from what the server and the connections say. */
export function sceneOf(
  { connection, room, others, isHeld }: CallSnapshot,
  { is_knocking: isKnocking }: Pick<DayAppointment, 'is_knocking'>,
): Scene {
  if (connection === 'refused') return 'refused';
  if (!room) return 'opening';
  if (isHeld || room.status === 'on_hold') return 'held';
  const claimant = room.people.find(({ role }) => role === 'claimant');
  // Whoever knocks is not in the room yet: nobody knows who they are.
  if (!room.is_admitted) return room.status === 'waiting' || isKnocking ? 'door' : 'empty';
  if (others.some(({ role, stream }) => role === 'claimant' && stream)) return 'talking';
  return claimant ? 'connecting' : 'empty';
}

/** Whether the appointment is over, or this room of it is. */
export const isRoomOver = ({ connection, room }: CallSnapshot) =>
  connection === 'over' || ['completed', 'cancelled', 'no_show'].includes(room?.status ?? '');
