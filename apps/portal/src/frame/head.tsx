import { Link } from '@tanstack/react-router';
import { useMay, useSession } from '../session.ts';
import { useWords } from '../words.tsx';
import { AccountMenu } from './account-menu.tsx';

/** Whose house this is, the pages, and who is at work. */
export function Head() {
  const { say } = useWords();
  const { organisation, is_sandbox } = useSession();
  const maySchedule = useMay('appointments:schedule');
  return (
    <header className="head">
      <div className="head-inner">
        <span className="head-name">{organisation.name}</span>
        <nav className="head-pages" aria-label={say('menu.main')}>
          <Link to="/portal" activeOptions={{ exact: true, includeSearch: false }}>
            {say('menu.today')}
          </Link>
          {maySchedule && <Link to="/portal/schedule">{say('menu.schedule')}</Link>}
          <Link to="/portal/devices">{say('menu.devices')}</Link>
        </nav>
        <AccountMenu />
      </div>
      {is_sandbox && <p className="head-sandbox">{say('app.sandbox')}</p>}
    </header>
  );
}
