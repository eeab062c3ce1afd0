import { CallRefusal } from '@anteroom/call';
import { Refusal, type RefusalCode } from '../http.ts';
import type { Words } from '../words.tsx';

/** Why an order given in the call was not carried out. */
export function sayWhyNot(error: unknown, { explain }: Words): string {
  if (!(error instanceof CallRefusal)) return explain(error);
  const code = error.code === 'not_connected' ? 'unreachable' : (error.code as RefusalCode);
  return explain(new Refusal(code, error.message));
}
