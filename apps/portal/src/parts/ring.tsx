import { useWords } from '../words.tsx';

/** The claimant's number, to ring with one press. */
export function Ring({ phone }: { phone: string | null }) {
  const { say } = useWords();
  if (!phone) return <span className="quiet">{say('row.noPhone')}</span>;
  return (
    <a className="ring" href={`tel:${phone}`}>
      {say('row.ring', { phone })}
    </a>
  );
}
