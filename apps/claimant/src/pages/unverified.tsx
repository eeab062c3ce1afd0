import { Button, Field, Notice } from '@anteroom/ui';
import { type FormEvent, useEffect, useState } from 'react';
import { useDeed, useParts } from '../context.tsx';
import { Frame, Heading } from '../frame.tsx';
import { Fault } from '../visit/requests.ts';
import { type PlainKey, useWords } from '../words.tsx';

const pollMs = 5_000;

interface UnverifiedProps {
  isKnocking: boolean;
  onKnock(): void;
}

/**
 * For a link that lost its last part: the code from the invitation, or a knock, after which a human
 * decides. It looks the same whether there is such an appointment or not.
 */
export function Unverified({ isKnocking, onKnock }: UnverifiedProps) {
  const { say } = useWords();
  const { visits } = useParts();
  const knocking = useDeed();
  useEffect(() => {
    if (!isKnocking) return;
    const timer = setInterval(() => void visits.refresh(), pollMs);
    return () => clearInterval(timer);
  }, [isKnocking, visits]);

  if (isKnocking) {
    return (
      <Frame title={say('unverified.title')}>
        <div className="stack plain" role="status">
          <Heading>{say('unverified.knocking')}</Heading>
          <p className="lead">{say('unverified.knockingText')}</p>
        </div>
      </Frame>
    );
  }
  // A link that is whole and opens nothing was replaced by a newer one.
  const isReplaced = visits.link.token !== undefined;
  return (
    <Frame title={say('unverified.title')}>
      <div className="stack plain">
        <Heading>{say(isReplaced ? 'unknown.title' : 'unverified.title')}</Heading>
        <p className="lead">{say(isReplaced ? 'unknown.text' : 'unverified.text')}</p>
        <EntryCode />
        <section className="stack apart">
          <h2>{say('unverified.or')}</h2>
          <p>{say('unverified.knockText')}</p>
          {knocking.fault && <Notice tone="bad" live="assertive" title={knocking.fault} />}
          <Button
            isBusy={knocking.isBusy}
            onClick={() =>
              void knocking.run(() => visits.command('knock')).then((done) => done && onKnock())
            }
          >
            {say('unverified.knock')}
          </Button>
        </section>
      </div>
    </Frame>
  );
}

function EntryCode() {
  const { say } = useWords();
  const { visits } = useParts();
  const [code, setCode] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<PlainKey | null>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (code.trim() === '') return setFault('unverified.codeMissing');
    setBusy(true);
    setFault(null);
    try {
      await visits.enter(code.trim());
      const state = visits.snapshot();
      if (state.kind === 'open' && !state.visit.claimant) setFault('unverified.codeWrong');
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const isWrong = ['not_found', 'unauthenticated', 'validation_failed'].includes(error.code);
      setFault(isWrong ? 'unverified.codeWrong' : error.sentence);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form className="card stack" onSubmit={(event) => void submit(event)} noValidate>
      <Field
        label={say('unverified.code')}
        hint={say('unverified.codeHint')}
        fault={fault && say(fault)}
        value={code}
        onChange={setCode}
        autoComplete="one-time-code"
        autoCapitalize="characters"
        spellCheck={false}
        maxLength={40}
        dir="ltr"
      />
      <Button kind="primary" type="submit" isBusy={isBusy}>
        {say('unverified.continue')}
      </Button>
    </form>
  );
}
