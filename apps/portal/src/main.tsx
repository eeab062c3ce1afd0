import '@anteroom/ui/tokens.css';
import './styles/index.css';
import { loadForPortal } from '@anteroom/language/portal';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { I18nProvider } from 'react-aria-components/I18nProvider';
import { createRoot } from 'react-dom/client';
import { Refusal } from './http.ts';
import { sessionQuery } from './queries.ts';
import { makeRouter } from './router.tsx';
import { currentLanguage, makeWords, WordsProvider } from './words.tsx';

/** What was refused is refused again; only what did not arrive is worth a second attempt. */
const isWorthRetrying = (count: number, error: unknown) =>
  count < 2 && error instanceof Refusal && (error.status === 0 || error.status >= 500);

/** Whoever is signed out meanwhile is shown the way to sign in, wherever they are. */
function noticeSignOut(error: unknown): void {
  if (error instanceof Refusal && error.status === 401) {
    void queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
  }
}

const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeSignOut }),
  mutationCache: new MutationCache({ onError: noticeSignOut }),
  defaultOptions: {
    queries: { retry: isWorthRetrying, staleTime: 10_000 },
    mutations: { retry: false, networkMode: 'always' },
  },
});

const language = currentLanguage();
const words = makeWords(await loadForPortal(language));
document.documentElement.lang = language;
document.title = words.say('app.name');

const place = document.getElementById('app');
if (!place) throw new Error('the page has no place for the app');
createRoot(place).render(
  <StrictMode>
    <I18nProvider locale={language === 'en' ? 'en-GB' : language}>
      <WordsProvider value={words}>
        <QueryClientProvider client={queries}>
          <RouterProvider router={makeRouter()} />
        </QueryClientProvider>
      </WordsProvider>
    </I18nProvider>
  </StrictMode>,
);
