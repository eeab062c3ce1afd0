import type { StaffSession } from '@anteroom/contract';
import { Button, Notice } from '@anteroom/ui';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ask, Refusal } from '../http.ts';
import { TextEntry } from '../parts/text-entry.tsx';
import { useTitle } from '../parts/use-title.ts';
import { sessionQuery } from '../queries.ts';
import { useWords } from '../words.tsx';

/** Stands at whatever address was asked for; who has signed in finds that page there. */
export function SignIn() {
  const words = useWords();
  const { say } = words;
  useTitle(say('signIn.title'));
  const client = useQueryClient();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [faults, setFaults] = useState<{ email?: string; password?: string }>({});
  const [isShown, setShown] = useState(false);

  const signIn = useMutation({
    mutationFn: () => ask<StaffSession>('POST', '/session', { body: { email, password } }),
    onSuccess: (session) => {
      client.setQueryData(sessionQuery.queryKey, session);
    },
  });

  function send(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const found = {
      ...(email.trim() === '' ? { email: say('signIn.emailMissing') } : {}),
      ...(password === '' ? { password: say('signIn.passwordMissing') } : {}),
    };
    setFaults(found);
    const first = Object.keys(found)[0];
    if (first) event.currentTarget.querySelector<HTMLInputElement>(`[name=${first}]`)?.focus();
    else signIn.mutate();
  }

  return (
    <main className="lone" id="main">
      <form className="sign-in card stack" onSubmit={send} noValidate>
        <h1>{say('signIn.title')}</h1>
        <p className="quiet">{say('signIn.hint')}</p>
        {signIn.error && (
          <Notice tone="bad" live="assertive">
            {explainSignIn(signIn.error)}
          </Notice>
        )}
        <TextEntry
          label={say('signIn.email')}
          name="email"
          type="email"
          autoComplete="username"
          value={email}
          onChange={setEmail}
          fault={faults.email}
        />
        <TextEntry
          label={say('signIn.password')}
          name="password"
          type={isShown ? 'text' : 'password'}
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          fault={faults.password}
        />
        <label className="tick">
          <input
            type="checkbox"
            checked={isShown}
            onChange={(event) => setShown(event.currentTarget.checked)}
          />
          {say('signIn.showPassword')}
        </label>
        <Button kind="primary" type="submit" isBusy={signIn.isPending}>
          {say('signIn.do')}
        </Button>
      </form>
    </main>
  );

  function explainSignIn(error: unknown): string {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 429) {
      const minutes = Math.max(1, Math.ceil((error.retryAfterSeconds ?? 60) / 60));
      return say('signIn.throttled', { wait: words.sayMinutes(minutes) });
    }
    return [401, 403, 422].includes(error.status) ? say('signIn.wrong') : words.explain(error);
  }
}
