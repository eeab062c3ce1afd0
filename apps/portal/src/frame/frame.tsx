import { applyColour } from '@anteroom/ui';
import { Outlet, useMatchRoute, useRouterState } from '@tanstack/react-router';
import { Suspense, useEffect } from 'react';
import { Sentence } from '../parts/sentence.tsx';
import { useWhoever, WorkerProvider } from '../session.ts';
import { useWords } from '../words.tsx';
import { Failure } from './failure.tsx';
import { Head } from './head.tsx';
import { Live } from './live.tsx';
import { Said } from './said.tsx';
import { SignIn } from './sign-in.tsx';

/** What stands around every page of who is signed in; for anybody else the way to sign in. */
export function Frame() {
  return (
    <Failure>
      <Suspense fallback={<Loading />}>
        <Gate />
      </Suspense>
    </Failure>
  );
}

function Gate() {
  const worker = useWhoever();
  const { say } = useWords();
  // A call has the window to itself: a press on another page would leave it.
  const isCall = Boolean(useMatchRoute()({ to: '/portal/appointments/$id/call' }));
  const pathname = useRouterState({ select: ({ location }) => location.pathname });
  const colour = worker?.session.organisation.colour ?? null;
  useEffect(() => applyColour(document.documentElement, colour), [colour]);
  if (!worker) return <SignIn />;
  return (
    <WorkerProvider value={worker}>
      <Said>
        <Live>
          <a className="skip" href="#main">
            {say('app.skip')}
          </a>
          {!isCall && <Head />}
          <Failure key={pathname}>
            <Suspense fallback={<Loading />}>
              <Outlet />
            </Suspense>
          </Failure>
        </Live>
      </Said>
    </WorkerProvider>
  );
}

function Loading() {
  const { say } = useWords();
  return (
    <main className="lone" id="main">
      <Sentence>{say('app.loading')}</Sentence>
    </main>
  );
}
