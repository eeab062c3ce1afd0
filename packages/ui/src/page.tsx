import type { ReactNode } from 'react';

interface PageProps {
  /** Whose page this is. */
  name: ReactNode;
  /** At the end of the line with the name. */
  aside?: ReactNode;
  skipLabel: string;
  helpLabel: string;
  /** Ways to a human and to what people are owed, in the same order on every page. */
  help: ReactNode[];
  /** Uses the whole window, as a call does. */
  isWide?: boolean;
  children: ReactNode;
}

/** The frame of every page: the organisation above, the content, and the help bar in its fixed place. */
export function Page({ name, aside, skipLabel, helpLabel, help, isWide, children }: PageProps) {
  return (
    <div className={isWide ? 'page page-wide' : 'page'}>
      <button
        type="button"
        className="button button-primary skip"
        // No link: the fragment of an address may be taken, a claimant's holds the way in.
        onClick={() => document.getElementById('main')?.focus()}
      >
        {skipLabel}
      </button>
      <header className="page-head">
        <span className="page-name">{name}</span>
        {aside}
      </header>
      <main className="page-main" id="main" tabIndex={-1}>
        {children}
      </main>
      <footer className="help">
        <nav className="help-items" aria-label={helpLabel}>
          {help.filter(Boolean).map((item, index) => (
            <span key={index}>{item}</span>
          ))}
        </nav>
      </footer>
    </div>
  );
}
