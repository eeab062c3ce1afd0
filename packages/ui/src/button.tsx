import type { ButtonHTMLAttributes } from 'react';

export type ButtonKind = 'primary' | 'plain' | 'quiet' | 'danger';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** One primary button a page: what most people want to do next. */
  kind?: ButtonKind;
  /** Its work is under way: it shows that, and takes no second press. */
  isBusy?: boolean;
}

/** The look of a button for a link that is one to the eye. */
export const buttonClass = (kind: ButtonKind = 'plain') => `button button-${kind}`;

/** A native button. While busy it stays in the tab order, so that focus is not lost. */
export function Button({
  kind,
  isBusy = false,
  className,
  onClick,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={[buttonClass(kind), className].filter(Boolean).join(' ')}
      aria-disabled={isBusy || undefined}
      onClick={(event) => {
        if (isBusy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {isBusy && <span className="spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}
