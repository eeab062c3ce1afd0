import { lazy, Suspense } from 'react';
import { readBrowser } from './browser.ts';

const InApp = lazy(async () => ({ default: (await import('./device-check/in-app.tsx')).InApp }));

/** The way out of another app's window, where the page is in one; fetched only then. */
export const InAppWindow = () =>
  readBrowser(navigator.userAgent).app === null ? null : (
    <Suspense fallback={null}>
      <InApp />
    </Suspense>
  );
