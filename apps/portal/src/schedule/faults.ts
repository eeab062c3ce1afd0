import type { Refusal } from '../http.ts';
import type { Words } from '../words.tsx';
import { type FormField, type FormValues, instantOf } from './form-values.ts';

/** What is wrong, and what would be right, by field; in the order of the form. */
export type Faults = Partial<Record<FormField, string>>;

/** What can be seen to be wrong before anything is sent. */
export function findFaults(values: FormValues, zone: string, { say }: Words): Faults {
  const minutes = Number(values.duration);
  const faults: Faults = {};
  if (values.name.trim() === '') faults.name = say('schedule.missing.name');
  if (values.reference.trim() === '') faults.reference = say('schedule.missing.reference');
  if (values.date === '') faults.date = say('schedule.missing.date');
  if (values.time === '') faults.time = say('schedule.missing.time');
  else if (values.date !== '' && !instantOf(values, zone)) {
    faults.time = say('schedule.skippedHour');
  }
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > 1440) {
    faults.duration = say('schedule.missing.duration');
  }
  return faults;
}

/** What the server found wrong, at the fields that people see. */
export function readFaults(refusal: Refusal, { say }: Words): Faults {
  const { code, fields } = refusal;
  const faults: Faults = {};
  if (fields['claimant.name']) faults.name = say('schedule.missing.name');
  if (fields['claimant.phone_number']) faults.phone = say('schedule.wrong.phone');
  if (fields['claimant.email']) faults.email = say('schedule.wrong.email');
  if (fields.appointment_at) {
    faults.time = fields.appointment_at.some((sentence) => sentence.includes('agent'))
      ? say('refusal.agent_busy')
      : say('schedule.wrong.time');
  }
  if (fields.duration_in_minutes) faults.duration = say('schedule.missing.duration');
  if (code === 'reference_taken') faults.reference = say('refusal.reference_taken');
  else if (fields.reference) faults.reference = say('schedule.wrong.reference');
  return faults;
}
