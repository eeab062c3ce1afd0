import { describe, expect, it } from 'vitest';
import { type Call, findViolations, type StoredAppointment } from './history.ts';

const tomorrow = (minute: number) => `2030-01-02T10:${String(minute).padStart(2, '0')}:00.000000Z`;

function call(changes: Partial<Call>): Call {
  return {
    client: 1,
    operation: 'create',
    reference: 'one',
    key: null,
    asked: null,
    outcome: 'ok',
    status: 200,
    id: 'id-one',
    version: 1,
    digest: 'bytes',
    startedAt: 0,
    endedAt: 1,
    slowestMs: 1,
    ...changes,
  };
}

/** An appointment that was made, moved and read, and what is stored of it. */
function soundRun(): { calls: Call[]; row: StoredAppointment } {
  const created = call({ key: 'key-one', asked: { appointmentAt: tomorrow(1), name: 'First' } });
  const moved = call({
    operation: 'change',
    asked: { appointmentAt: tomorrow(2), name: 'Second' },
    version: 2,
    startedAt: 2,
    endedAt: 3,
  });
  const seen = call({ operation: 'read', version: 2, startedAt: 4, endedAt: 5 });
  return {
    calls: [created, moved, seen],
    row: {
      id: 'id-one',
      reference: 'one',
      version: 2,
      revision: 2,
      status: 'scheduled',
      name: 'Second',
      appointment_at: tomorrow(2),
      events: [
        { version: 1, type: 'appointment.scheduled', at: tomorrow(1) },
        { version: 2, type: 'appointment.rescheduled', at: tomorrow(2) },
      ],
    },
  };
}

const answers = [{ key: 'key-one', digest: 'bytes' }];

describe('the checker of histories', () => {
  it('has nothing to say of a sound run', () => {
    const { calls, row } = soundRun();
    expect(findViolations(calls, { appointments: [row], answers })).toEqual([]);
  });

  it('takes an unknown outcome either way', () => {
    const { calls, row } = soundRun();
    const unknown = { outcome: 'unknown', id: null, version: null, digest: null } as const;
    const [created, moved] = calls.map((done) => ({ ...done, ...unknown }));
    if (!created || !moved) throw new Error('the sound run has three calls');
    expect(findViolations([created, moved], { appointments: [row], answers })).toEqual([]);
    expect(findViolations([created, moved], { appointments: [], answers: [] })).toEqual([]);
  });

  it.each<[string, string, (run: ReturnType<typeof soundRun>) => void]>([
    ['an acknowledged change that is gone', 'H1: the change of one', ({ row }) => row.events.pop()],
    [
      'an appointment under another id',
      'H1: the create of one',
      ({ row }) => {
        row.id = 'id-two';
      },
    ],
    [
      'an appointment that nobody asked for',
      'H2: nobody asked for version 1',
      ({ calls }) => calls.shift(),
    ],
    [
      'a refused change that was made',
      'H2: nobody asked for version 2',
      ({ calls }) => {
        calls[1] = call({ ...calls[1], outcome: 'refused' });
      },
    ],
    [
      'a change that was made twice',
      'H2: nobody asked for version 3',
      ({ row }) =>
        row.events.push({ version: 3, type: 'appointment.rescheduled', at: tomorrow(2) }),
    ],
    [
      'two calls with one version',
      'H3: two calls on one',
      ({ calls }) => calls.push(call({ ...calls[1], startedAt: 2.5, endedAt: 9 })),
    ],
    [
      'a later call with an older version',
      'H3: one went from version 2 to 1',
      ({ calls }) => calls.push(call({ operation: 'cancel', startedAt: 6, endedAt: 7 })),
    ],
    [
      'a read of an older version than one already answered',
      'H4: a read of one showed version 1 after 2',
      ({ calls }) => calls.push(call({ operation: 'read', startedAt: 6, endedAt: 7 })),
    ],
    [
      'a row that its events do not explain',
      'H5: one is stored as',
      ({ row }) => {
        row.status = 'cancelled';
      },
    ],
    [
      'a row with a gap in its events',
      'H5: one is stored as',
      ({ row }) => row.events.splice(0, 1),
    ],
  ])('finds %s', (_, sentence, spoil) => {
    const run = soundRun();
    spoil(run);
    const found = findViolations(run.calls, { appointments: [run.row], answers });
    expect(found.some((violation) => violation.startsWith(sentence))).toBe(true);
  });

  it('finds an appointment that is gone, with its answer', () => {
    const { calls } = soundRun();
    const found = findViolations(calls, { appointments: [], answers: [] });
    expect(found).toContain(
      'H1: the create of one answered with version 1 is lost with its appointment',
    );
    expect(found).toContain('H1: the answer to create one is not kept as it was given');
  });

  it('finds a row without the answer for a repetition', () => {
    const { calls, row } = soundRun();
    const [created] = calls.map((done) => ({ ...done, outcome: 'unknown' as const }));
    const moved = calls.slice(1);
    const found = findViolations([created as Call, ...moved], { appointments: [row], answers: [] });
    expect(found).toEqual(['H5: one has a row without an answer, or the reverse']);
  });
});
