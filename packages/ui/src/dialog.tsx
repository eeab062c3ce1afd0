import { type ReactNode, useEffect, useId, useRef } from 'react';

interface DialogProps {
  isOpen: boolean;
  title: ReactNode;
  /** Escape, and whatever else closes it. */
  onClose(): void;
  children: ReactNode;
  className?: string;
}

/** The browser's own modal dialog: it holds the focus, and gives it back. */
export function Dialog({ isOpen, title, onClose, children, className }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    if (isOpen && !element.open) element.showModal();
    if (!isOpen && element.open) element.close();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      className={['dialog', className].filter(Boolean).join(' ')}
      aria-labelledby={id}
      onClose={onClose}
    >
      {isOpen && (
        <div className="dialog-content">
          <h2 id={id}>{title}</h2>
          {children}
        </div>
      )}
    </dialog>
  );
}
