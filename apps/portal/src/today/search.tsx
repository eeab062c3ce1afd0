import { Button } from '@anteroom/ui';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Sentence } from '../parts/sentence.tsx';
import { searchQuery } from '../queries.ts';
import { useWords } from '../words.tsx';
import { Entry } from './entry.tsx';

/** Looks for an appointment of any day. What is looked for stays out of the address. */
export function SearchForm({ onSearch }: { onSearch(query: string): void }) {
  const { say } = useWords();
  const [text, setText] = useState('');
  const [isShort, setShort] = useState(false);
  function send(event: FormEvent): void {
    event.preventDefault();
    const query = text.trim();
    setShort(query.length < 2);
    if (query.length >= 2) onSearch(query);
  }
  return (
    <search>
      <form className="search" onSubmit={send}>
        <label className="inline-field">
          <span className="visually-hidden">{say('today.search')}</span>
          <input
            type="search"
            placeholder={say('today.searchHint')}
            value={text}
            aria-describedby={isShort ? 'search-fault' : undefined}
            aria-invalid={isShort || undefined}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
        <Button className="button-small" type="submit">
          {say('today.searchDo')}
        </Button>
        {isShort && (
          <p className="field-fault" id="search-fault" role="alert">
            {say('today.searchTooShort')}
          </p>
        )}
      </form>
    </search>
  );
}

/** What was found. */
export function Found({ query, onClose }: { query: string; onClose(): void }) {
  const { say, explain } = useWords();
  const found = useQuery(searchQuery(query));
  const title = say('today.searchResults', { query });
  return (
    <section className="section" aria-label={title}>
      <div className="section-head">
        <h2>{title}</h2>
        <Button className="button-small" onClick={onClose}>
          {say('today.searchClear')}
        </Button>
      </div>
      {found.isPending && <Sentence>{say('app.loading')}</Sentence>}
      {found.error && <p role="alert">{explain(found.error)}</p>}
      {found.data?.length === 0 && <p className="empty">{say('today.searchNothing')}</p>}
      {found.data && (
        <ul className="entries">
          {found.data.map((appointment) => (
            <Entry key={appointment.id} appointment={appointment} isDated />
          ))}
        </ul>
      )}
    </section>
  );
}
