import { type InputHTMLAttributes, type ReactNode, useId } from 'react';

interface FieldProps
  extends Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onChange' | 'children'> {
  label: ReactNode;
  hint?: ReactNode;
  /** What is wrong with the value, and what would be right. */
  fault?: ReactNode;
  value: string;
  onChange(value: string): void;
  /** Several lines. */
  isLong?: boolean;
  /** Options instead of free text. */
  options?: readonly { value: string; label: string }[];
}

/** A label, a native control, what helps to fill it in, and what is wrong with it. */
export function Field({
  label,
  hint,
  fault,
  value,
  onChange,
  isLong,
  options,
  className,
  ...rest
}: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(' ');
  const common = {
    id,
    value,
    'aria-describedby': described || undefined,
    'aria-invalid': fault ? true : undefined,
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  };
  const { name, required, disabled, maxLength } = rest;
  const shared = { name, required, disabled };
  return (
    <div className={['field', className].filter(Boolean).join(' ')}>
      <label htmlFor={id}>{label}</label>
      {hint && (
        <span className="field-hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {options ? (
        <select {...shared} {...common}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      ) : isLong ? (
        <textarea {...shared} {...(maxLength ? { maxLength } : {})} {...common} />
      ) : (
        <input {...rest} {...common} />
      )}
      {fault && (
        <span className="field-fault" id={`${id}-fault`} role="alert">
          {fault}
        </span>
      )}
    </div>
  );
}
