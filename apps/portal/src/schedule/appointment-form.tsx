import type { AccessNeed } from '@anteroom/contract';
import { Button, Field } from '@anteroom/ui';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { Refusal } from '../http.ts';
import { Fault } from '../parts/fault.tsx';
import { TextEntry } from '../parts/text-entry.tsx';
import { departmentsQuery } from '../queries.ts';
import { useSession } from '../session.ts';
import { useWords } from '../words.tsx';
import { instantsOf } from '../zone.ts';
import { type Faults, findFaults, readFaults } from './faults.ts';
import { type FormValues, instantOf } from './form-values.ts';

interface AppointmentFormProps {
  first: FormValues;
  /** Of an appointment that there is already: its reference stays. */
  isChange?: boolean;
  doLabel: string;
  isPending: boolean;
  error: unknown;
  onSave(values: FormValues, at: Date): void;
}

const needs: readonly AccessNeed[] = [
  'sign_language',
  'captions',
  'large_text',
  'extra_time',
  'text_only',
  'companion',
];

/** Languages that are offered; any other that an appointment has already stays. */
const tags = 'en cy ar bn es fa fr gu pa pl ps pt ro ru so ta tr uk ur vi zh'.split(' ');

/** The fields of an appointment, in the order in which they are asked for on the phone. */
export function AppointmentForm(props: AppointmentFormProps) {
  const { first, isChange = false, doLabel, isPending, error, onSave } = props;
  const words = useWords();
  const { say, sayLanguage } = words;
  const { organisation } = useSession();
  const zone = organisation.time_zone;
  const { data: departments = [] } = useQuery(departmentsQuery);
  const form = useRef<HTMLFormElement>(null);
  const [values, setValues] = useState(first);
  const [found, setFound] = useState<Faults>({});
  const set = (changed: Partial<FormValues>) => setValues((before) => ({ ...before, ...changed }));
  const faults: Faults =
    error instanceof Refusal ? { ...readFaults(error, words), ...found } : found;
  const isDoubled = instantsOf(values, zone).length === 2;

  function send(event: FormEvent): void {
    event.preventDefault();
    const wrong = findFaults(values, zone, words);
    setFound(wrong);
    const [name] = Object.keys(wrong);
    if (name) form.current?.querySelector<HTMLInputElement>(`[name=${name}]`)?.focus();
    const at = instantOf(values, zone);
    if (!name && at) onSave(values, at);
  }
  const listed =
    tags.includes(values.language) || !values.language ? tags : [values.language, ...tags];
  return (
    <form className="stack" ref={form} onSubmit={send} noValidate>
      <Fault error={error} />
      <fieldset className="group card">
        <legend className="visually-hidden">{say('schedule.who')}</legend>
        <div className="fields">
          <TextEntry
            label={say('schedule.name')}
            name="name"
            autoComplete="off"
            maxLength={255}
            value={values.name}
            onChange={(name) => set({ name })}
            fault={faults.name}
          />
          <TextEntry
            label={say('schedule.phone')}
            name="phone"
            type="tel"
            autoComplete="off"
            value={values.phone}
            onChange={(phone) => set({ phone })}
            fault={faults.phone}
          />
          <TextEntry
            label={say('schedule.email')}
            name="email"
            type="email"
            autoComplete="off"
            value={values.email}
            onChange={(email) => set({ email })}
            fault={faults.email}
          />
          <div className="field-alone">
            <TextEntry
              label={say('schedule.reference')}
              hint={say('schedule.referenceHint')}
              name="reference"
              autoComplete="off"
              maxLength={191}
              isReadOnly={isChange}
              value={values.reference}
              onChange={(reference) => set({ reference })}
              fault={faults.reference}
            />
          </div>
        </div>
      </fieldset>
      <fieldset className="group card">
        <legend className="visually-hidden">{say('schedule.when')}</legend>
        <div className="fields">
          <Field
            label={say('schedule.date')}
            name="date"
            type="date"
            value={values.date}
            onChange={(date) => set({ date, isSecond: false })}
            fault={faults.date}
          />
          <Field
            label={say('schedule.time')}
            name="time"
            type="time"
            value={values.time}
            onChange={(time) => set({ time, isSecond: false })}
            fault={faults.time}
          />
          <Field
            label={say('schedule.duration')}
            name="duration"
            type="number"
            inputMode="numeric"
            min={1}
            max={1440}
            value={values.duration}
            onChange={(duration) => set({ duration })}
            fault={faults.duration}
          />
        </div>
        <p className="quiet">{say('schedule.zone', { zone: zone.replaceAll('_', ' ') })}</p>
        {isDoubled && (
          <Field
            label={say('schedule.doubledHour')}
            value={String(values.isSecond)}
            onChange={(isSecond) => set({ isSecond: isSecond === 'true' })}
            options={[
              { value: 'false', label: say('schedule.doubledFirst') },
              { value: 'true', label: say('schedule.doubledSecond') },
            ]}
          />
        )}
      </fieldset>
      <fieldset className="group card">
        <legend className="visually-hidden">{say('schedule.how')}</legend>
        <div className="fields">
          <Field
            label={say('schedule.department')}
            value={values.departmentId}
            onChange={(departmentId) => set({ departmentId })}
            options={[
              { value: '', label: say('schedule.noDepartment') },
              ...departments.map(({ id, name }) => ({ value: String(id), label: name })),
            ]}
          />
          <Field
            label={say('schedule.language')}
            value={values.language}
            onChange={(language) => set({ language })}
            options={[
              { value: '', label: say('schedule.languageUnknown') },
              ...listed.map((tag) => ({ value: tag, label: sayLanguage(tag) })),
            ]}
          />
        </div>
        <label className="tick">
          <input
            type="checkbox"
            checked={values.isInterpreterNeeded}
            onChange={({ currentTarget }) => set({ isInterpreterNeeded: currentTarget.checked })}
          />
          {say('schedule.interpreter')}
        </label>
        {values.isInterpreterNeeded && (
          <TextEntry
            label={say('schedule.interpreterLanguage')}
            maxLength={100}
            value={values.interpreterLanguage}
            onChange={(interpreterLanguage) => set({ interpreterLanguage })}
          />
        )}
        <fieldset className="group ticks">
          <legend>{say('schedule.needs')}</legend>
          {needs.map((need) => (
            <label key={need} className="tick">
              <input
                type="checkbox"
                checked={values.accessNeeds.includes(need)}
                onChange={({ currentTarget: { checked } }) =>
                  set({
                    accessNeeds: needs.filter((one) =>
                      one === need ? checked : values.accessNeeds.includes(one),
                    ),
                  })
                }
              />
              {say(`need.${need}`)}
            </label>
          ))}
        </fieldset>
      </fieldset>
      <div>
        <Button kind="primary" type="submit" isBusy={isPending}>
          {doLabel}
        </Button>
      </div>
    </form>
  );
}
