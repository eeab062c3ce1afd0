import type { ChangeRequest, Features, ScheduleRequest } from '@anteroom/contract';
import { featureNames } from '@anteroom/contract';
import { type Department, isOnRedirectHost, type Organisation } from '../organisation/index.ts';
import type { Faults } from '../platform/errors.ts';
import { readPhone } from '../platform/http/formats.ts';
import { readClaimantData } from './claimant-data.ts';
import type { AppointmentRow } from './row.ts';

type Request = Partial<Omit<ScheduleRequest & ChangeRequest, 'claimant'>> & {
  claimant?: Partial<ScheduleRequest['claimant']> | undefined;
};

/** What the fields that were sent say, as columns; a field that was not sent has no key. */
export interface Details {
  columns: Partial<AppointmentRow>;
  /** Only the switches that the request sets. */
  features: Partial<Features>;
  /** The department that was named, null when none was. */
  department: Department | null;
}

/** Columns with personal values; events name them and never hold what they say. */
export const personalColumns = [
  'interpreter_language',
  'claimant_name',
  'claimant_date_of_birth',
  'claimant_phone_number',
  'claimant_email',
  'claimant_data',
  'custom_user_post_call_redirect_url',
  'custom_agent_post_call_redirect_url',
  'extensions_language',
  'extensions_time_zone',
  'extensions_access_needs',
] as const satisfies (keyof AppointmentRow)[];

/** Columns that a request sets and that events may hold. */
export const openColumns = [
  'appointment_at',
  'duration_in_minutes',
  'is_interpreter_needed',
  'department_id',
  'use_custom_post_call_redirect',
  'is_practice',
] as const satisfies (keyof AppointmentRow)[];

const otherNames: Record<string, string> = {
  department_id: 'department',
  is_practice: 'extensions.practice',
  agent_id: 'extensions.agent',
};

/** The name that the wire has for a column. */
export const fieldOfColumn = (column: string) =>
  otherNames[column] ?? column.replace(/^(claimant|extensions)_/, '$1.');

/**
 * Turns the fields of a request into columns, and adds to `faults` what only the organisation can
 * tell: whether it has the department, what its country makes of a phone number, what its custom
 * fields take, to which hosts it lets people be sent. `now` is the instant of domain time, in UTC.
 *
 * Null means "none" where a field can be empty. For the switches and other yes-or-no fields it
 * leaves things as they are: at their default in a new appointment.
 */
export function readDetails(
  request: Request,
  organisation: Organisation,
  now: string,
  faults: Faults,
): Details {
  const columns: Partial<AppointmentRow> = {};
  const copy = <Column extends keyof AppointmentRow>(
    column: Column,
    value: AppointmentRow[Column] | undefined,
  ) => {
    if (value !== undefined) columns[column] = value;
  };
  copy('appointment_at', request.appointment_at);
  copy('duration_in_minutes', request.duration_in_minutes);
  copy('is_interpreter_needed', request.is_interpreter_needed ?? undefined);
  copy('interpreter_language', request.interpreter_language);
  copy('use_custom_post_call_redirect', request.use_custom_post_call_redirect ?? undefined);
  for (const field of redirectFields) copy(field, redirect(field, request, organisation, faults));

  const { claimant } = request;
  copy('claimant_name', claimant?.name);
  copy('claimant_date_of_birth', claimant?.date_of_birth);
  const born = claimant?.date_of_birth;
  if (typeof born === 'string' && born >= now.slice(0, 10) && !faults['claimant.date_of_birth']) {
    faults['claimant.date_of_birth'] = ['claimant.date_of_birth must be a date in the past.'];
  }
  copy('claimant_email', claimant?.email);
  copy('claimant_phone_number', phoneNumber(claimant?.phone_number, organisation, faults));
  if (claimant?.data !== undefined) {
    copy('claimant_data', readClaimantData(claimant.data, organisation.customFields, faults));
  }

  const { extensions } = request;
  if (extensions !== undefined) {
    const cleared = { language: null, time_zone: null, access_needs: null, agent: null };
    const { language, time_zone: timeZone, access_needs: needs } = extensions ?? cleared;
    copy('extensions_language', language);
    copy('extensions_time_zone', timeZone);
    copy('agent_id', findAgent((extensions ?? cleared).agent, organisation, faults));
    copy('extensions_access_needs', needs === null ? [] : needs);
    if (extensions && 'practice' in extensions)
      copy('is_practice', extensions.practice ?? undefined);
  }

  const department = findDepartment(request, organisation, faults);
  if (department !== undefined) columns.department_id = department?.id ?? null;

  const features: Partial<Features> = {};
  for (const name of featureNames) {
    const value = request[name];
    if (value !== undefined && (value !== null || name === 'features_bandwidth')) {
      Object.assign(features, { [name]: value });
    }
  }
  return { columns, features, department: department ?? null };
}

const redirectFields = [
  'custom_user_post_call_redirect_url',
  'custom_agent_post_call_redirect_url',
] as const;

function redirect(
  field: (typeof redirectFields)[number],
  { [field]: address }: Request,
  { redirectHosts: hosts }: Organisation,
  faults: Faults,
): string | null | undefined {
  if (typeof address === 'string' && !faults[field] && !isOnRedirectHost(address, hosts)) {
    faults[field] = [
      `${field} must be an address on one of the hosts that this organisation allows: ${hosts.join(', ')} (*. stands for any host below).`,
    ];
  }
  return address;
}

function phoneNumber(
  text: string | null | undefined,
  { country }: Organisation,
  faults: Faults,
): string | null | undefined {
  const path = 'claimant.phone_number';
  if (typeof text !== 'string' || faults[path]) return text;
  const number = readPhone(text, country);
  if (number === null) faults[path] = [`${path} must be a phone number such as +442071234567.`];
  return number;
}

function findAgent(
  id: string | null | undefined,
  { agentIds }: Organisation,
  faults: Faults,
): string | null | undefined {
  const path = 'extensions.agent';
  if (typeof id !== 'string' || faults[path]) return id;
  const known = agentIds.find((one) => one === id.toLowerCase());
  if (!known) {
    faults[path] = [`${path} must be the id of somebody of this organisation who takes calls.`];
  }
  return known;
}

function findDepartment(
  request: Request,
  { departments }: Organisation,
  faults: Faults,
): Department | null | undefined {
  const { department: named, department_id: id } = request;
  if (named === undefined && id === undefined) return undefined;
  const byName =
    typeof named === 'string'
      ? (departments.find(({ name }) => name === named) ??
        departments.find((candidate) => String(candidate.id) === named))
      : null;
  const byId = typeof id === 'number' ? departments.find((candidate) => candidate.id === id) : null;
  if (byName === undefined) {
    faults.department = [
      'department must be the id or the name of a department of this organisation.',
    ];
  }
  if (byId === undefined) {
    faults.department_id = ['department_id must be the id of a department of this organisation.'];
  }
  if (byName && byId && byName !== byId) {
    faults.department_id = [
      'department_id must name the same department as department; send one of them.',
    ];
  }
  return byName ?? byId ?? null;
}
