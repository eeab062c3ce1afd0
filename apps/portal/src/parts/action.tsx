import { type ButtonKind, buttonClass } from '@anteroom/ui';
import { Button, type ButtonProps } from 'react-aria-components/Button';

export interface ActionProps extends Omit<ButtonProps, 'className' | 'children'> {
  kind?: ButtonKind;
  children: React.ReactNode;
  className?: string;
}

/** A button. While its work is under way it keeps the focus, and says so to who cannot see it. */
export function Action({ kind = 'plain', children, className = '', ...rest }: ActionProps) {
  return (
    <Button {...rest} className={`${buttonClass(kind)} ${className}`}>
      {rest.isPending && <span className="spinner" aria-hidden="true" />}
      {children}
    </Button>
  );
}
