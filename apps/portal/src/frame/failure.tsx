import { Button, Notice } from '@anteroom/ui';
import { useQueryErrorResetBoundary } from '@tanstack/react-query';
import { Component, type ReactNode } from 'react';
import { Refusal } from '../http.ts';
import { useWords } from '../words.tsx';

interface Props {
  children: ReactNode;
}

/** Shows what a page could not be read for, with a way to try again. */
export function Failure({ children }: Props) {
  const { reset } = useQueryErrorResetBoundary();
  return <Boundary onRetry={reset}>{children}</Boundary>;
}

class Boundary extends Component<Props & { onRetry(): void }, { error: unknown }> {
  override state = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <Explanation
        error={error}
        onRetry={() => {
          this.props.onRetry();
          this.setState({ error: null });
        }}
      />
    );
  }
}

function Explanation({ error, onRetry }: { error: unknown; onRetry(): void }) {
  const { say, explain } = useWords();
  const isOurs = error instanceof Refusal;
  return (
    <main className="lone stack" id="main">
      <Notice tone="bad" live="assertive">
        {isOurs ? explain(error) : say('app.broken')}
      </Notice>
      <div className="row">
        <Button kind="primary" onClick={isOurs ? onRetry : () => location.reload()}>
          {say('app.again')}
        </Button>
        <a href="/portal">{say('app.toToday')}</a>
      </div>
    </main>
  );
}
