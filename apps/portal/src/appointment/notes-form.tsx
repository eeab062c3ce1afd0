import type { DayAppointment, Outcome } from '@anteroom/contract';
import { Button, Field } from '@anteroom/ui';
import { type FormEvent, useState } from 'react';
import { useCommand } from '../commands.ts';
import { Fault } from '../parts/fault.tsx';
import { TextEntry } from '../parts/text-entry.tsx';
import { useWords } from '../words.tsx';

const choices: readonly Outcome[] = [
  'done',
  'by_phone',
  'technical',
  'interpreter_absent',
  'abandoned',
];

interface NotesFormProps {
  appointment: DayAppointment;
  /** Also asks how it turned out. */
  isWithOutcome?: boolean;
}

/** What staff want to remember, and how it turned out. */
export function NotesForm({ appointment, isWithOutcome = false }: NotesFormProps) {
  const { say, has } = useWords();
  const command = useCommand(appointment.id);
  const [notes, setNotes] = useState(appointment.notes ?? '');
  const [outcome, setOutcome] = useState(appointment.outcome ?? '');
  const isChanged = notes !== (appointment.notes ?? '') || outcome !== (appointment.outcome ?? '');
  // The service has reasons of its own, which people cannot choose.
  const known = choices.some((choice) => choice === outcome) ? [] : [outcome].filter(Boolean);

  function save(event: FormEvent): void {
    event.preventDefault();
    const body = {
      notes: notes.trim() || null,
      ...(outcome === (appointment.outcome ?? '') ? {} : { outcome: outcome || null }),
    };
    command.mutate({ action: 'outcome', body });
  }
  return (
    <form className="stack notes" onSubmit={save}>
      {isWithOutcome && (
        <Field
          label={say('appointment.outcome')}
          value={outcome}
          onChange={setOutcome}
          options={[
            { value: '', label: say('appointment.outcomeNone') },
            ...[...known, ...choices].map((choice) => {
              const key = `outcome.${choice}` as const;
              return { value: choice, label: has(key) ? say(key) : choice };
            }),
          ]}
        />
      )}
      <TextEntry
        label={say('appointment.notesField')}
        hint={say('appointment.notesHint')}
        isLong
        maxLength={10_000}
        value={notes}
        onChange={setNotes}
      />
      <Fault error={command.error} />
      <div className="row">
        <Button type="submit" isBusy={command.isPending} disabled={!isChanged}>
          {say('appointment.save')}
        </Button>
        <p className="quiet" role="status">
          {command.isSuccess && !isChanged && say('appointment.saved')}
        </p>
      </div>
    </form>
  );
}
