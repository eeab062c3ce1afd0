import type { Receipt } from '@anteroom/contract';
import { dayInWords, timeInWords } from '@anteroom/language';
import { buttonClass } from '@anteroom/ui';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { useParts, useVisit } from '../context.tsx';
import { Frame, Heading } from '../frame.tsx';
import { paths } from '../visit/stage.ts';
import { useWords } from '../words.tsx';
import { useZone } from './when.tsx';

const sendOnAfterMs = 3_000;

/** The end: where the appointment sends people, else thanks and a receipt. */
export function After() {
  const { say } = useWords();
  const visit = useVisit();
  const { redirect_url } = visit;
  const parts = useParts();
  useEffect(() => {
    parts.leave();
  }, [parts]);
  if (redirect_url && isWebAddress(redirect_url)) return <SentOn to={redirect_url} />;
  return (
    <Frame title={say('after.title')}>
      <div className="stack plain">
        <Heading>{say('after.title')}</Heading>
        <p className="lead">{say('after.text')}</p>
        <p>{say('after.next', { who: visit.department?.name ?? visit.organisation.name })}</p>
        <ReceiptCard />
      </div>
    </Frame>
  );
}

/** The person left while the call goes on. */
export function Left() {
  const { say } = useWords();
  return (
    <Frame title={say('after.left')}>
      <div className="stack plain">
        <Heading>{say('after.left')}</Heading>
        <p className="lead">{say('after.leftText')}</p>
        <Link href={paths.call} className={`${buttonClass('primary')} wide`}>
          {say('after.rejoin')}
        </Link>
        <ReceiptCard />
      </div>
    </Frame>
  );
}

/** The stored address is the organisation's own; still, a page opens nothing but pages. */
const isWebAddress = (address: string) => /^https?:\/\//i.test(address);

function SentOn({ to }: { to: string }) {
  const { say } = useWords();
  useEffect(() => {
    const timer = setTimeout(() => location.replace(to), sendOnAfterMs);
    return () => clearTimeout(timer);
  }, [to]);
  return (
    <Frame title={say('after.title')}>
      <div className="stack plain">
        <Heading>{say('after.title')}</Heading>
        <p className="lead" role="status">
          {say('after.redirecting')}
        </p>
        <a className={`${buttonClass('primary')} wide`} href={to}>
          {say('after.goOn')}
        </a>
      </div>
    </Frame>
  );
}

/** What the person can point to afterwards. */
function ReceiptCard() {
  const { say, catalogue } = useWords();
  const { visits } = useParts();
  const zone = useZone();
  const [entries, setEntries] = useState<Receipt>([]);
  useEffect(() => {
    // Without it the page still says what matters.
    void visits.fetchReceipt().then(setEntries, () => {});
  }, [visits]);
  const [first] = entries;
  if (!first) return null;
  const dayOf = (at: string) => dayInWords(catalogue, new Date(at), zone);
  const timeOf = (at: string) => timeInWords(catalogue, new Date(at), zone);
  const day = dayOf(first.at);
  return (
    <section className="card stack tight">
      <h2>{say('after.receipt')}</h2>
      <p className="quiet">{day}</p>
      <dl className="receipt">
        {entries.map(({ what, at }) => (
          <div key={`${what} ${at}`}>
            <dt>{say(`after.${what}`)}</dt>
            <dd>
              {dayOf(at) === day
                ? timeOf(at)
                : say('after.receiptAt', { day: dayOf(at), time: timeOf(at) })}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
