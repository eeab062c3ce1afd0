import type { DayAppointment } from '@anteroom/contract';
import type { Logger } from 'pino';
import { isInScope } from '../access/index.ts';
import type { FollowedEvent } from '../platform/events.ts';
import { describeFailure } from '../platform/http/server.ts';
import type { Connection } from '../platform/socket/server.ts';

/** One socket that follows an organisation's appointments: of these departments, of all (null), or of none. */
export interface DayFollower {
  connection: Connection;
  organisationId: string;
  departments: readonly number[] | null;
}

export interface DaysOptions {
  /** Appointments as *Today* shows them. */
  readDay(organisationId: string, ids: readonly string[]): Promise<DayAppointment[]>;
  log: Logger;
}

/** So many appointments go into one message. */
const batchSize = 50;

/** Tells those who follow their day what is new and what has changed. */
export function openDays({ readDay, log }: DaysOptions) {
  const followers = new Set<DayFollower>();
  const of = (organisationId: string) =>
    [...followers].filter((follower) => follower.organisationId === organisationId);

  /** Renders each changed appointment once, and gives every follower those of its departments. */
  async function tell(organisationId: string, ids: readonly string[]): Promise<void> {
    for (let index = 0; index < ids.length; index += batchSize) {
      const batch = await readDay(organisationId, ids.slice(index, index + batchSize));
      const rendered = batch.map((appointment) => ({
        departmentId: appointment.department?.id ?? null,
        text: JSON.stringify(appointment),
      }));
      for (const { connection, departments } of of(organisationId)) {
        const own = rendered.filter(({ departmentId }) =>
          isInScope({ departmentIds: departments }, departmentId),
        );
        if (own.length === 0) continue;
        const list = own.map(({ text }) => text).join(',');
        connection.send(`{"type":"day","appointments":[${list}]}`);
      }
    }
  }

  return {
    add(follower: DayFollower): () => void {
      followers.add(follower);
      return () => followers.delete(follower);
    },
    takeEvents(events: readonly FollowedEvent[]): void {
      for (const [organisationId, own] of Map.groupBy(events, (event) => event.organisationId)) {
        if (of(organisationId).length === 0) continue;
        const ids = [...new Set(own.map(({ appointmentId }) => appointmentId))];
        tell(organisationId, ids).catch((error) =>
          log.warn({ failure: describeFailure(error) }, 'a day was not told of changes'),
        );
      }
    },
  };
}
