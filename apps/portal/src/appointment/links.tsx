import type { DayAppointment } from '@anteroom/contract';
import { Button } from '@anteroom/ui';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCommand } from '../commands.ts';
import { useTell } from '../frame/said.tsx';
import { Sentence } from '../parts/sentence.tsx';
import { linksQuery } from '../queries.ts';
import { useSession } from '../session.ts';
import { useWords } from '../words.tsx';

/** The claimant's links, to send again or to read out. Fetched only when somebody asks to see them. */
export function Links({ appointment }: { appointment: DayAppointment }) {
  const { say } = useWords();
  const [isShown, setShown] = useState(false);
  const { name } = appointment.claimant;
  return (
    <section className="card stack" aria-labelledby="links">
      <h2 id="links">{say('appointment.links')}</h2>
      <p className="quiet">{say('appointment.linksHint', { name })}</p>
      {isShown ? (
        <ShownLinks appointment={appointment} />
      ) : (
        <div>
          <Button onClick={() => setShown(true)}>{say('appointment.linksShow')}</Button>
        </div>
      )}
    </section>
  );
}

function ShownLinks({ appointment }: { appointment: DayAppointment }) {
  const { say, explain } = useWords();
  const tell = useTell();
  const links = useQuery(linksQuery(appointment.id));
  const command = useCommand(appointment.id);
  const { sends_mail } = useSession();
  if (links.error) return <p role="alert">{explain(links.error)}</p>;
  if (!links.data) return <Sentence>{say('app.loading')}</Sentence>;
  const { claimant_link, short_link, entry_code } = links.data;
  const { email } = appointment.claimant;
  const kinds: [label: string, text: string][] = [
    [say('appointment.link.claimant'), claimant_link.text],
    [say('appointment.link.short'), short_link.text],
    [say('appointment.link.code'), entry_code.text],
  ];
  const mail = new URLSearchParams({ body: claimant_link.text });
  return (
    <>
      <dl className="links">
        {kinds.map(([label, text]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              <code>{text}</code>
              <Button
                className="button-small"
                aria-label={say('appointment.copyOf', { what: label })}
                onClick={() =>
                  void navigator.clipboard
                    .writeText(text)
                    .then(() => tell(say('appointment.copied')))
                }
              >
                {say('appointment.copy')}
              </Button>
            </dd>
          </div>
        ))}
      </dl>
      <div className="row links-more">
        <img
          className="qr"
          alt={say('appointment.link.qr')}
          src={`data:image/svg+xml;utf8,${encodeURIComponent(short_link.qr_svg)}`}
        />
        {email && sends_mail && (
          <Button
            isBusy={command.isPending}
            onClick={() =>
              command.mutate(
                { action: 'send-again' },
                { onSuccess: () => tell(say('appointment.sentAgain', { email })) },
              )
            }
          >
            {say('appointment.sendAgain')}
          </Button>
        )}
        {email && !sends_mail && (
          <a href={`mailto:${email}?${mail.toString().replaceAll('+', '%20')}`}>
            {say('appointment.sendMail')}
          </a>
        )}
      </div>
      {command.error && <p role="alert">{explain(command.error)}</p>}
    </>
  );
}
