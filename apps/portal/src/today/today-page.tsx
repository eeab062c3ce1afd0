import type { DayAppointment } from '@anteroom/contract';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { ToggleButton } from 'react-aria-components/ToggleButton';
import { countReadiness, isLive, isNotReady, queueOf } from '../day.ts';
import { Sentence } from '../parts/sentence.tsx';
import { useTitle } from '../parts/use-title.ts';
import { dayQuery } from '../queries.ts';
import { useMay, useSession } from '../session.ts';
import { useWords } from '../words.tsx';
import { localTimeOf } from '../zone.ts';
import { AlertSwitch } from './alert-switch.tsx';
import { DayTools } from './day-tools.tsx';
import { Entry } from './entry.tsx';
import { LiveSign } from './live-sign.tsx';
import { Practise } from './practise.tsx';
import { Found, SearchForm } from './search.tsx';
import { TellWaiting } from './tell-waiting.tsx';

const route = getRouteApi('/portal/');

/** The day's appointments: who is here now, who is to come, what is over. */
export function TodayPage() {
  const { say, sayDay } = useWords();
  const { date = null, department: departmentId = null } = route.useSearch();
  const zone = useSession().organisation.time_zone;
  const day = useQuery({ ...dayQuery({ date, departmentId }), throwOnError: hasNothing });
  const [searched, setSearched] = useState<string | null>(null);
  const mayPractise = useMay('calls:practise');
  const here = queueOf(day.data?.appointments ?? []).length;
  useTitle(here > 0 ? `(${here}) ${say('today.title')}` : say('today.title'));

  const shown = day.data?.date ?? date;
  const isToday =
    date === null || (day.data && localTimeOf(new Date(day.data.now), zone).date === shown);
  // Noon, so that the day is the same in every zone that it is written in.
  const dayWords = shown && sayDay(new Date(`${shown}T12:00:00Z`), 'UTC');
  return (
    <main className="today" id="main" tabIndex={-1}>
      <div className="today-head">
        <h1>{isToday ? say('today.title') : dayWords}</h1>
        {isToday && dayWords && <p className="quiet">{dayWords}</p>}
        <div className="today-signs">
          <LiveSign />
          <AlertSwitch />
          {mayPractise && <Practise />}
        </div>
      </div>
      <div className="today-tools">
        <DayTools date={shown} isToday={Boolean(isToday)} departmentId={departmentId} />
        <SearchForm onSearch={setSearched} />
      </div>
      {searched ? (
        <Found query={searched} onClose={() => setSearched(null)} />
      ) : day.data ? (
        <Lists appointments={day.data.appointments} isToday={Boolean(isToday)} />
      ) : (
        <Sentence>{say('app.loading')}</Sentence>
      )}
    </main>
  );
}

/** What was read once stays to be seen; Live says that it is not kept up to date. */
const hasNothing = (_error: unknown, query: { state: { data: unknown } }) =>
  query.state.data === undefined;

interface ListsProps {
  appointments: readonly DayAppointment[];
  isToday: boolean;
}

function Lists({ appointments, isToday }: ListsProps) {
  const { say } = useWords();
  const [isWanting, setWanting] = useState(false);
  const { notReady, expected } = countReadiness(appointments);
  const chosen = isWanting && notReady > 0 ? appointments.filter(isNotReady) : appointments;
  const queue = queueOf(chosen);
  const toCome = chosen.filter((one) => one.status === 'scheduled' && !isLive(one));
  const over = chosen.filter(({ status }) =>
    ['completed', 'cancelled', 'no_show'].includes(status),
  );
  if (appointments.length === 0) return <p className="empty">{say('today.listEmpty')}</p>;
  return (
    <>
      <div className="summary">
        <p>{say('today.count', { count: appointments.length })}</p>
        {notReady > 0 ? (
          <ToggleButton
            className="button button-small"
            isSelected={isWanting}
            onChange={setWanting}
            aria-label={`${say('today.notReady', { count: notReady, expected })}. ${say('today.onlyNotReady')}`}
          >
            <span className="dot dot-warning" aria-hidden="true" />
            {say('today.notReady', { count: notReady, expected })}
          </ToggleButton>
        ) : (
          expected > 0 && <p className="quiet">{say('today.allReady')}</p>
        )}
      </div>
      {(isToday || queue.length > 0) && (
        <Section title={say('today.queue')} empty={say('today.queueEmpty')} entries={queue}>
          {queue.some(({ status }) => status === 'waiting') && <TellWaiting />}
        </Section>
      )}
      <Section title={say('today.toCome')} empty={say('today.toComeEmpty')} entries={toCome} />
      {over.length > 0 && <Section title={say('today.over')} entries={over} />}
    </>
  );
}

interface SectionProps {
  title: string;
  /** What is said when there is none; nothing unless given. */
  empty?: string;
  entries: readonly DayAppointment[];
  children?: React.ReactNode;
}

function Section({ title, empty, entries, children }: SectionProps) {
  return (
    <section className="section" aria-label={title}>
      <div className="section-head">
        <h2>
          {title} <span className="count">{entries.length}</span>
        </h2>
        {children}
      </div>
      {entries.length === 0 && empty && <p className="empty">{empty}</p>}
      {entries.length > 0 && (
        <ul className="entries">
          {entries.map((appointment) => (
            <Entry key={appointment.id} appointment={appointment} />
          ))}
        </ul>
      )}
    </section>
  );
}
