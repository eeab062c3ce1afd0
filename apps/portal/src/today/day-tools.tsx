import { Button } from '@anteroom/ui';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { departmentsQuery } from '../queries.ts';
import { useWords } from '../words.tsx';
import { addDays } from '../zone.ts';

interface DayToolsProps {
  /** The day that is shown; null until it is known. */
  date: string | null;
  isToday: boolean;
  departmentId: number | null;
}

/** Chooses the day and the department. */
export function DayTools({ date, isToday, departmentId }: DayToolsProps) {
  const { say } = useWords();
  const navigate = useNavigate({ from: '/portal' });
  const { data: departments = [] } = useQuery(departmentsQuery);

  const show = (chosen: { date?: string | undefined; department?: number | undefined }) =>
    void navigate({
      search: (before) =>
        Object.fromEntries(
          Object.entries({ ...before, ...chosen }).filter(([, value]) => value !== undefined),
        ),
      replace: true,
    });
  const move = (days: number) => () => date && show({ date: addDays(date, days) });
  return (
    <div className="day-tools">
      <div className="day-choice">
        <Button className="button-icon" aria-label={say('today.previousDay')} onClick={move(-1)}>
          <span aria-hidden="true">‹</span>
        </Button>
        <label className="inline-field">
          <span className="visually-hidden">{say('today.day')}</span>
          <input
            type="date"
            value={date ?? ''}
            onChange={({ currentTarget: { value } }) => value && show({ date: value })}
          />
        </label>
        <Button className="button-icon" aria-label={say('today.nextDay')} onClick={move(1)}>
          <span aria-hidden="true">›</span>
        </Button>
        {!isToday && (
          <Button className="button-small" onClick={() => show({ date: undefined })}>
            {say('today.backToToday')}
          </Button>
        )}
      </div>
      {departments.length > 1 && (
        <label className="inline-field">
          <span className="visually-hidden">{say('today.department')}</span>
          <select
            value={departmentId ?? ''}
            onChange={({ currentTarget: { value } }) =>
              show({ department: value === '' ? undefined : Number(value) })
            }
          >
            <option value="">{say('today.allDepartments')}</option>
            {departments.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}
