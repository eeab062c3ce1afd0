import type { DayAppointment } from '@anteroom/contract';
import { Field } from '@anteroom/ui';
import { useQuery } from '@tanstack/react-query';
import { useCommand } from '../commands.ts';
import { useTell } from '../frame/said.tsx';
import { Refusal } from '../http.ts';
import { agentsQuery } from '../queries.ts';
import { useWords } from '../words.tsx';

/** Gives the appointment to an agent, or takes it from one. Nobody can have two at a time. */
export function AgentChoice({ appointment }: { appointment: DayAppointment }) {
  const { say, explain } = useWords();
  const tell = useTell();
  const { data: agents = [] } = useQuery(agentsQuery);
  const command = useCommand(appointment.id);
  const { agent } = appointment;
  const others = agents.filter(({ id }) => id !== agent?.id);

  function give(id: string): void {
    const agent_id = id || null;
    command.mutate(
      { action: 'assign', body: { agent_id } },
      {
        onSuccess: (changed) =>
          tell(
            changed.agent
              ? say('appointment.assigned', { name: changed.agent.name })
              : say('appointment.unassigned'),
          ),
      },
    );
  }
  const isTaken = command.error instanceof Refusal && command.error.fields.agent_id;
  return (
    <Field
      label={say('appointment.assign')}
      value={
        command.isPending
          ? ((command.variables.body as { agent_id: string }).agent_id ?? '')
          : (agent?.id ?? '')
      }
      onChange={give}
      options={[
        { value: '', label: say('appointment.assignNobody') },
        ...[...(agent ? [agent] : []), ...others].map(({ id, name }) => ({
          value: id,
          label: name,
        })),
      ]}
      fault={command.error && (isTaken ? say('refusal.agent_busy') : explain(command.error))}
    />
  );
}
