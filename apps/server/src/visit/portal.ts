import type { KeyObject } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  isInScope,
  isPermitted,
  type OrganisationOfHost,
  type Staff,
  type StaffSessions,
  type VisitSessions,
} from '../access/index.ts';
import {
  type AppointmentRow,
  dayAppointmentOf,
  readAppointment,
  type Target,
  targetOf,
} from '../appointments/index.ts';
import type { Organisations } from '../organisation/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database/index.ts';
import { refuse } from '../platform/errors.ts';

export interface PortalOptions {
  database: Database;
  organisations: Organisations;
  staff: Staff;
  clock: Clock;
  roomKeySecret: KeyObject;
  sessions: StaffSessions;
  visits: VisitSessions;
  pageOwner: OrganisationOfHost;
}

/** Who asks, and what they may see. */
export type Asked = Awaited<ReturnType<ReturnType<typeof openPortal>['asked']>>;

/** The appointment that the address names; throws `not_found` where it is none of theirs. */
export async function ownOf({ database, staff }: Asked, id: string): Promise<AppointmentRow> {
  const row = await readAppointment(database, id);
  const isAnothers = staff.hostOf !== null && staff.hostOf !== id;
  if (isAnothers || !isInScope(staff, row.department_id)) throw refuse('not_found');
  return row;
}

/** What every route of the portal begins with. */
export function openPortal(options: PortalOptions) {
  /** What every handler needs to know of whoever asks. */
  async function asked(request: FastifyRequest) {
    const { staff } = request;
    const database = options.database.in(staff.organisationId);
    const [organisation, everybody] = await Promise.all([
      options.organisations.find(staff.organisationId),
      options.staff.of(staff.organisationId),
    ]);
    return {
      staff,
      database,
      organisation,
      everybody,
      actor: { kind: 'agent' as const, id: staff.id },
      scope: staff.departmentIds,
      show: (row: AppointmentRow) => dayAppointmentOf(row, organisation, everybody),
      view: {
        organisation,
        seesClaimantToken: true,
        seesHostKey: isPermitted(staff.role, 'calls:take'),
        includesExtensions: false,
      },
    };
  }

  /** Does a command to the appointment that the address names and answers how it then is. */
  async function change(
    request: FastifyRequest,
    reply: FastifyReply,
    command: (asked: Asked, target: Target, row: AppointmentRow) => Promise<AppointmentRow>,
  ) {
    const context = await asked(request);
    const target = targetOf(request);
    const row = await command(context, target, await ownOf(context, target.id));
    reply.header('etag', `"${row.version}"`);
    return { data: context.show(row) };
  }

  return { asked, change };
}
