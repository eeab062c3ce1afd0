import '@anteroom/ui/tokens.css';
import './claimant.css';
import type { Call } from '@anteroom/call';
import type { Devices } from '@anteroom/call/devices';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { openChime } from './chime.ts';
import { type Parts, PartsContext, useVisitState } from './context.tsx';
import { usePracticeWalk } from './practice/walk.ts';
import { isPractice } from './practice/wanted.ts';
import { Fault } from './visit/requests.ts';
import { openVisit, type VisitStore } from './visit/visit.ts';
import { firstCatalogue, WordsProvider } from './words.tsx';

// A new version of the server has no files of the old one: a page that still is of that starts anew.
// One that has only just begun is of the new version, and would begin for ever.
addEventListener('vite:preloadError', () => {
  if (performance.now() > 10_000) location.reload();
});

const root = document.getElementById('app');
if (!root) throw new Error('The page has no place for the app.');
const visits = openVisit(window.entrance);
const parts = openParts(visits);
const first = await firstCatalogue();
createRoot(root).render(
  <PartsContext.Provider value={parts}>
    <Main />
  </PartsContext.Provider>,
);

function Main() {
  const state = useVisitState();
  const visit = state.kind === 'open' ? state.visit : null;
  const stored = visit?.claimant?.language ?? null;
  usePracticeWalk(isPractice() && visit?.is_practice === true);
  return (
    <WordsProvider first={first} stored={stored}>
      <App />
    </WordsProvider>
  );
}

/** What is fetched and opened once, when the first page needs it. */
function openParts(visits: VisitStore): Parts {
  let devices: Promise<Devices> | null = null;
  let call: Promise<Call> | null = null;
  const isPractised = () => {
    const state = visits.snapshot();
    // Nobody but a practice person is ever played.
    return isPractice() && state.kind === 'open' && state.visit.is_practice;
  };
  const openDevices = async () => {
    if (isPractised()) return (await import('./practice/devices.ts')).openDrawnDevices();
    return (await import('@anteroom/call/devices')).openDevices();
  };
  const parts: Parts = {
    visits,
    chime: openChime(),
    devices() {
      devices ??= openDevices();
      return devices;
    },
    call() {
      call ??= (async () => {
        const [{ openCall, CallRefusal }, own] = await Promise.all([
          import('@anteroom/call'),
          parts.devices(),
        ]);
        return openCall({
          role: 'claimant',
          socketUrl: `${location.origin.replace(/^http/, 'ws')}/socket`,
          devices: own,
          async fetchTicket() {
            try {
              return await visits.fetchTicket();
            } catch (error) {
              const isFinal = error instanceof Fault && !error.isPassing;
              throw isFinal ? new CallRefusal(error.code, error.code) : error;
            }
          },
        });
      })();
      return call;
    },
    leave() {
      void call?.then((left) => left.leave());
      void devices?.then((left) => left.close());
      call = null;
      devices = null;
    },
  };
  return parts;
}
