import { useWords } from '../words.tsx';

/** For an address that leads nowhere. */
export function Lost() {
  const { say } = useWords();
  return (
    <main className="lone stack" id="main">
      <h1>{say('app.notFound')}</h1>
      <p>{say('app.notFoundHint')}</p>
      <p>
        <a href="/portal">{say('app.toToday')}</a>
      </p>
    </main>
  );
}
