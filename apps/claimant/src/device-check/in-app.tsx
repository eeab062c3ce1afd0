import { Button, buttonClass } from '@anteroom/ui';
import { lazy, Suspense, useState } from 'react';
import { outsideAddress, readBrowser } from '../browser.ts';
import { useParts } from '../context.tsx';
import { linkAddress } from '../visit/entrance.ts';
import { useWords } from '../words.tsx';

import './device-check.css';

const QrCode = lazy(async () => ({ default: (await import('./qr-code.tsx')).QrCode }));

/** For a window inside an app: the way out into a browser, by a button, a copied link or a QR code. */
export function InApp() {
  const { say } = useWords();
  const { visits } = useParts();
  const [isCopied, setCopied] = useState(false);
  const [isStaying, setStaying] = useState(false);
  const link = linkAddress(visits.link);
  const browser = readBrowser(navigator.userAgent);
  if (isStaying || !link) return null;
  const outside = outsideAddress(link, browser);
  return (
    <section className="card stack in-app" aria-labelledby="in-app">
      <h2 id="in-app">{say('inApp.title')}</h2>
      <p>{browser.app ? say('inApp.text', { app: browser.app }) : say('inApp.textUnnamed')}</p>
      {outside && (
        <a className={`${buttonClass('primary')} wide`} href={outside}>
          {say('inApp.open')}
        </a>
      )}
      <Button
        kind={outside ? 'plain' : 'primary'}
        onClick={() =>
          void navigator.clipboard.writeText(link).then(
            () => setCopied(true),
            // The code below remains.
            () => {},
          )
        }
      >
        {say('inApp.copy')}
      </Button>
      <p role="status">{isCopied && say('inApp.copied')}</p>
      <Suspense fallback={null}>
        <p>{say('inApp.qr')}</p>
        <QrCode text={link} label={say('inApp.qrLabel')} />
      </Suspense>
      <Button kind="quiet" onClick={() => setStaying(true)}>
        {say('inApp.stay')}
      </Button>
    </section>
  );
}
