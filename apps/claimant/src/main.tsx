import '@anteroom/ui/tokens.css';
import { Page } from '@anteroom/ui';
import { createRoot } from 'react-dom/client';

const root = document.getElementById('app');
if (!root) throw new Error('The page has no place for the app.');
createRoot(root).render(
  <Page name="Anteroom" skipLabel="Skip" helpLabel="Help" help={[]}>
    <h1>Anteroom</h1>
  </Page>,
);
