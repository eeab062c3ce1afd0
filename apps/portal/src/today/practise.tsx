import type { DayAppointment } from '@anteroom/contract';
import { Button } from '@anteroom/ui';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTell } from '../frame/said.tsx';
import { ask } from '../http.ts';
import { useWords } from '../words.tsx';

interface PracticeAnswer {
  appointment: DayAppointment;
  claimant_link: string;
}

/** Opens a second window, in which a scripted claimant comes to an appointment made for it, and the room. */
export function Practise() {
  const { say, explain } = useWords();
  const tell = useTell();
  const navigate = useNavigate();
  const practise = useMutation({
    mutationFn: () => ask<PracticeAnswer>('POST', '/practice', { body: {} }),
    onError: (error) => tell(explain(error)),
  });

  async function begin(): Promise<void> {
    // Browsers let a page open a window only at once, in the press itself; its address comes later.
    const claimant = open('about:blank', '_blank', 'popup,width=420,height=820');
    if (!claimant) return tell(say('practice.blocked'));
    try {
      const { appointment, claimant_link } = await practise.mutateAsync();
      claimant.opener = null;
      claimant.location.replace(withPractice(claimant_link));
      tell(say('practice.opened'));
      await navigate({ to: '/portal/appointments/$id/call', params: { id: appointment.id } });
    } catch {
      // onError has said why.
      claimant.close();
    }
  }
  return (
    <Button className="button-small" isBusy={practise.isPending} onClick={() => void begin()}>
      {say('menu.practise')}
    </Button>
  );
}

/** The claimant's link, which says that the scripted claimant is to come by it. */
function withPractice(link: string): string {
  const address = new URL(link);
  address.searchParams.set('practice', '1');
  // The pages are read from where this page is, under whatever name the machine is reached.
  return `${address.pathname}${address.search}${address.hash}`;
}
