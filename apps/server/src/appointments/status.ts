import type { ActorKind, Status } from '@anteroom/contract';

/** Who moves an appointment; `id` is the client's or staff member's. */
export interface Actor {
  kind: ActorKind;
  id?: string;
}

/** The moves that a PATCH of `status` may ask for (contract section 4: those given to the API). */
const movesByRequest = {
  waiting: 'arrive',
  cancelled: 'cancel',
  no_show: 'mark no-show',
} as const satisfies Partial<Record<Status, string>>;

export type RequestedStatus = keyof typeof movesByRequest;

/** True when a PATCH may name this status at all, other than the present one. */
export function isRequestable(status: Status): status is RequestedStatus {
  return Object.hasOwn(movesByRequest, status);
}

const finalStatuses: readonly Status[] = ['completed', 'cancelled', 'no_show'];

/** In these nothing but the agent's notes, the outcome and corrections of a no-show can change. */
export const isFinal = (status: Status): boolean => finalStatuses.includes(status);
