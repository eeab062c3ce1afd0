import { FieldError } from 'react-aria-components/FieldError';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { Text } from 'react-aria-components/Text';
import { TextArea } from 'react-aria-components/TextArea';
import { TextField, type TextFieldProps } from 'react-aria-components/TextField';

interface TextEntryProps extends Omit<TextFieldProps, 'className' | 'children'> {
  label: string;
  hint?: string | undefined;
  /** What is wrong with the value, and what would be right. */
  fault?: string | undefined;
  /** Several lines. */
  isLong?: boolean;
}

/** A label, a field for text, what helps to fill it in, and what is wrong with it. */
export function TextEntry({ label, hint, fault, isLong, ...rest }: TextEntryProps) {
  return (
    <TextField {...rest} isInvalid={fault !== undefined} className="field">
      <Label>{label}</Label>
      {hint && (
        <Text slot="description" className="field-hint">
          {hint}
        </Text>
      )}
      {isLong ? <TextArea /> : <Input />}
      <FieldError className="field-fault">{fault}</FieldError>
    </TextField>
  );
}
