import type { ReactNode } from 'react';

interface NoticeProps {
  tone?: 'info' | 'good' | 'warning' | 'bad';
  title?: ReactNode;
  children?: ReactNode;
  /** Read out when it appears: at once (`assertive`), or when the reader is ready. */
  live?: 'polite' | 'assertive';
}

/** Something worth knowing, set apart. Its words carry the meaning, the colour only helps. */
export function Notice({ tone = 'info', title, children, live }: NoticeProps) {
  const role = live && (live === 'assertive' ? 'alert' : 'status');
  return (
    <div className={`notice notice-${tone}`} role={role}>
      {title && <p className="notice-title">{title}</p>}
      {children}
    </div>
  );
}
