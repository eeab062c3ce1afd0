import type {
  AccessNeed,
  ChangeRequest,
  DayAppointment,
  ScheduleRequest,
} from '@anteroom/contract';
import { instantsOf, localTimeOf } from '../zone.ts';

/** What stands in the form's fields. Times are those of the organisation's zone. */
export interface FormValues {
  reference: string;
  name: string;
  email: string;
  phone: string;
  language: string;
  date: string;
  time: string;
  /** Of the two times when the clocks go back, the second. */
  isSecond: boolean;
  duration: string;
  departmentId: string;
  isInterpreterNeeded: boolean;
  interpreterLanguage: string;
  accessNeeds: readonly AccessNeed[];
}

/** The field that a fault belongs to. */
export type FormField = 'reference' | 'name' | 'email' | 'phone' | 'date' | 'time' | 'duration';

/** An empty form, for the next full hour of today. */
export function emptyForm(now: Date, zone: string, departmentId: number | null): FormValues {
  const hourMs = 60 * 60 * 1000;
  const next = new Date(Math.ceil(now.getTime() / hourMs) * hourMs);
  return {
    reference: '',
    name: '',
    email: '',
    phone: '',
    language: '',
    ...localTimeOf(next, zone),
    isSecond: false,
    duration: '30',
    departmentId: departmentId === null ? '' : String(departmentId),
    isInterpreterNeeded: false,
    interpreterLanguage: '',
    accessNeeds: [],
  };
}

export function formOf(appointment: DayAppointment, zone: string): FormValues {
  const { claimant } = appointment;
  const at = new Date(appointment.appointment_at);
  const local = localTimeOf(at, zone);
  return {
    reference: appointment.reference,
    name: claimant.name,
    email: claimant.email ?? '',
    phone: claimant.phone_number ?? '',
    language: claimant.language ?? '',
    ...local,
    isSecond: instantsOf(local, zone)[1]?.getTime() === at.getTime(),
    duration: String(appointment.duration_in_minutes),
    departmentId: String(appointment.department?.id ?? ''),
    isInterpreterNeeded: appointment.is_interpreter_needed,
    interpreterLanguage: appointment.interpreter_language ?? '',
    accessNeeds: claimant.access_needs,
  };
}

/** The instant that the form means; null in the hour that is skipped when the clocks go forward. */
export function instantOf({ date, time, isSecond }: FormValues, zone: string): Date | null {
  const instants = instantsOf({ date, time }, zone);
  return (isSecond ? instants[1] : null) ?? instants[0] ?? null;
}

/** The body that schedules what stands in the form. */
export function scheduleBodyOf(values: FormValues, at: Date): ScheduleRequest {
  return { reference: values.reference.trim(), ...detailsOf(values, at) };
}

const textOrNull = (text: string) => text.trim() || null;

function detailsOf(values: FormValues, at: Date) {
  return {
    appointment_at: at.toISOString(),
    duration_in_minutes: Number(values.duration),
    claimant: {
      name: values.name.trim(),
      email: textOrNull(values.email),
      phone_number: textOrNull(values.phone),
    },
    department_id: values.departmentId === '' ? null : Number(values.departmentId),
    is_interpreter_needed: values.isInterpreterNeeded,
    interpreter_language: values.isInterpreterNeeded
      ? textOrNull(values.interpreterLanguage)
      : null,
    extensions: {
      language: values.language || null,
      access_needs: [...values.accessNeeds],
    },
  };
}

/** The body that makes an appointment what stands in the form: only what differs from before. */
export function changeBodyOf(
  values: FormValues,
  at: Date,
  before: FormValues,
  beforeAt: Date,
): ChangeRequest {
  const now = detailsOf(values, at) as Record<string, unknown>;
  const then = detailsOf(before, beforeAt) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(now).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(then[name]),
    ),
  );
}
