import { lazy, Suspense, useEffect, useState } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { useNow, useParts, useVisit, useVisitState } from './context.tsx';
import { After, Left } from './pages/after.tsx';
import { Cancelled, Closed, Failed, Missed, Moved, Opening } from './pages/plain.tsx';
import { Summary } from './pages/summary.tsx';
import { Unverified } from './pages/unverified.tsx';
import { Waiting } from './pages/waiting.tsx';
import { paths, stageOf } from './visit/stage.ts';

const CallPage = lazy(async () => ({ default: (await import('./pages/call.tsx')).CallPage }));
const DeviceCheck = lazy(async () => ({
  default: (await import('./device-check/page.tsx')).DeviceCheckPage,
}));

const refreshEveryMs = 30_000;
const retryEveryMs = 5_000;

/** The claimant's way: the page of each address, unless the appointment says that it is another's turn. */
export function App() {
  const { visits } = useParts();
  const state = useVisitState();
  useUpToDate(state.kind === 'failed' ? retryEveryMs : refreshEveryMs);
  switch (state.kind) {
    case 'opening':
      return <Opening />;
    case 'failed':
      return <Failed fault={state.fault} />;
    case 'closed':
      return <Closed />;
    default:
      return <Steps key={visits.link.reference ?? ''} />;
  }
}

function Steps() {
  const visit = useVisit();
  const stage = stageOf(visit, useNow(5_000));
  const [seen, setSeen] = useState(visit.revision);
  const [isKnocking, setKnocking] = useState(false);
  const [path, navigate] = useLocation();
  // Nothing of any appointment is told to whoever is not verified.
  if (visit.id === '') {
    return <Unverified isKnocking={isKnocking} onKnock={() => setKnocking(true)} />;
  }
  if (stage === 'cancelled') return <Cancelled />;
  if (stage === 'completed') {
    return path === paths.after ? <After /> : <Redirect to={paths.after} replace />;
  }
  if (stage === 'missed') return <Missed />;
  if (visit.revision > seen) {
    return (
      <Moved
        onSeen={() => {
          setSeen(visit.revision);
          navigate(paths.summary);
        }}
      />
    );
  }
  return (
    <Suspense fallback={<Opening />}>
      <Switch>
        <Route path={paths.deviceCheck}>
          <DeviceCheck />
        </Route>
        <Route path={paths.waiting}>
          <Waiting />
        </Route>
        <Route path={paths.call}>
          {stage === 'called' ? <CallPage /> : <Redirect to={paths.waiting} replace />}
        </Route>
        <Route path={paths.after}>
          {stage === 'called' ? <Left /> : <Redirect to={paths.summary} replace />}
        </Route>
        <Route>
          <Summary />
        </Route>
      </Switch>
    </Suspense>
  );
}

/** Reads the appointment again now and then, and whenever the page comes back to the person. */
function useUpToDate(everyMs: number): void {
  const { visits } = useParts();
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === 'visible') void visits.refresh();
    };
    const timer = setInterval(look, everyMs);
    document.addEventListener('visibilitychange', look);
    addEventListener('online', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
      removeEventListener('online', look);
    };
  }, [visits, everyMs]);
}
