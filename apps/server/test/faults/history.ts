// What a run's clients saw, held against what is stored (threats C4). Judges from outside: rows of
// the database, answers of the API; never the program's own log.

type Outcome = 'ok' | 'refused' | 'unknown';

/** One request of a client, with all its repetitions. */
export interface Call {
  client: number;
  operation: 'create' | 'change' | 'cancel' | 'read';
  /** Names the appointment before it has an id. */
  reference: string;
  /** The Idempotency-Key of a create or cancel. */
  key: string | null;
  /** What a create or change asks for; no two calls ask for the same time. */
  asked: { appointmentAt: string; name: string } | null;
  /** Only an answer of 2xx is ok; one of 4xx is refused; all else may have happened or not. */
  outcome: Outcome;
  status: number | null;
  /** What was answered. */
  id: string | null;
  version: number | null;
  /** SHA-256 of the answer, in hexadecimal. */
  digest: string | null;
  /** Monotonic milliseconds of the first attempt's start and the last one's end. */
  startedAt: number;
  endedAt: number;
  /** How long its slowest attempt took. */
  slowestMs: number;
}

export interface StoredAppointment {
  id: string;
  reference: string;
  version: number;
  revision: number;
  status: string;
  name: string;
  appointment_at: string;
  events: { version: number; type: string; at: string | null }[];
}

export interface StoredAnswer {
  key: string;
  digest: string;
}

type Query = <Row>(text: string) => Promise<Row[]>;

/** Everything that is stored, read as the superuser. */
export async function readStored(query: Query) {
  const iso = (column: string) =>
    `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  const appointments = await query<StoredAppointment>(
    `select id, reference, version, revision, status, claimant_name as name,
       ${iso('appointment_at')} as appointment_at,
       (select coalesce(json_agg(json_build_object('version', e.version, 'type', e.type,
           'at', coalesce(e.data->>'appointment_at', e.data->'values'->>'appointment_at'))
           order by e.version), '[]')
         from events e where e.organisation_id = a.organisation_id and e.appointment_id = a.id) as events
     from appointments a`,
  );
  const answers = await query<StoredAnswer>(
    `select key, encode(sha256(convert_to(body, 'UTF8')), 'hex') as digest from idempotency_keys`,
  );
  return { appointments, answers };
}

type Stored = Awaited<ReturnType<typeof readStored>>;

/** Every promise that was broken, as a sentence that begins with its number in threats C4. */
export function findViolations(calls: readonly Call[], stored: Stored): string[] {
  const byReference = Map.groupBy(calls, ({ reference }) => reference);
  const rows = new Map(stored.appointments.map((row) => [row.reference, row]));
  return [
    ...[...byReference].flatMap(([reference, own]) => [
      ...findLost(own, rows.get(reference)),
      ...findDisorder(reference, own),
    ]),
    ...stored.appointments.flatMap((row) => [
      ...findUnasked(row, byReference.get(row.reference) ?? []),
      ...findHalves(row, byReference.get(row.reference) ?? []),
    ]),
    ...compareAnswers(calls, stored),
  ];
}

/** H1: what was acknowledged is there, with the same content. */
function findLost(calls: Call[], row: StoredAppointment | undefined): string[] {
  return calls.flatMap((call) => {
    if (call.outcome !== 'ok' || call.operation === 'read') return [];
    const what = `the ${call.operation} of ${call.reference} answered with version ${call.version}`;
    if (!row || row.id !== call.id) return [`H1: ${what} is lost with its appointment`];
    const event = row.events.find(({ version }) => version === call.version);
    return event && isEventOf(event, call) ? [] : [`H1: ${what} is lost`];
  });
}

const typeOf = {
  create: 'appointment.scheduled',
  change: 'appointment.rescheduled',
  cancel: 'appointment.cancelled',
  read: null,
} as const;

const isEventOf = (event: StoredAppointment['events'][number], call: Call) =>
  event.type === typeOf[call.operation] && event.at === (call.asked?.appointmentAt ?? null);

/** H2: nothing is there that nobody asked for, that was refused, or that was asked for once and is there twice. */
function findUnasked(row: StoredAppointment, calls: Call[]): string[] {
  const used = new Set<Call>();
  return row.events.flatMap((event) => {
    const call = calls.find(
      (candidate) =>
        !used.has(candidate) && candidate.outcome !== 'refused' && isEventOf(event, candidate),
    );
    if (!call) return [`H2: nobody asked for version ${event.version} of ${row.reference}`];
    used.add(call);
    return [];
  });
}

/** H3 and H4: versions are unique, later calls see and make later ones. */
function findDisorder(reference: string, calls: Call[]): string[] {
  const violations: string[] = [];
  const done = calls.filter(({ outcome }) => outcome === 'ok');
  const versions = done.filter(({ operation }) => operation !== 'read').map((call) => call.version);
  if (new Set(versions).size < versions.length) {
    violations.push(`H3: two calls on ${reference} were answered with one version`);
  }
  const byEnd = done.toSorted((one, other) => one.endedAt - other.endedAt);
  let ended = 0;
  let newest = 0;
  for (const call of done.toSorted((one, other) => one.startedAt - other.startedAt)) {
    for (
      let before = byEnd[ended];
      before && before.endedAt < call.startedAt;
      before = byEnd[ended]
    ) {
      newest = Math.max(newest, before.version ?? 0);
      ended += 1;
    }
    const version = call.version ?? 0;
    if (call.operation === 'read' && version < newest) {
      violations.push(`H4: a read of ${reference} showed version ${version} after ${newest}`);
    }
    if (call.operation !== 'read' && version <= newest) {
      violations.push(`H3: ${reference} went from version ${newest} to ${version}`);
    }
  }
  return violations;
}

/** H5: the events, played again, give the row: no row without its event, no event without its row. */
function findHalves(row: StoredAppointment, calls: Call[]): string[] {
  let revision = 0;
  let status = 'nothing';
  let at: string | null = null;
  let name = row.name;
  for (const event of row.events) {
    if (event.type === typeOf.cancel) status = 'cancelled';
    else {
      revision += 1;
      status = 'scheduled';
      at = event.at;
      name = calls.find((call) => isEventOf(event, call))?.asked?.name ?? row.name;
    }
  }
  const replayed = [row.events.length, revision, status, at, name].join(' | ');
  const found = [row.version, row.revision, row.status, row.appointment_at, row.name].join(' | ');
  const isWhole = row.events.every(({ version }, index) => version === index + 1);
  return isWhole && replayed === found
    ? []
    : [`H5: ${row.reference} is stored as ${found}, its events say ${replayed}`];
}

/** H1, H2 for repetitions: an answer is kept exactly when its request was done, byte for byte. */
function compareAnswers(calls: readonly Call[], stored: Stored): string[] {
  const kept = new Map(stored.answers.map(({ key, digest }) => [key, digest]));
  const byKey = new Map(calls.flatMap((call) => (call.key ? [[call.key, call] as const] : [])));
  const references = new Set(stored.appointments.map(({ reference }) => reference));
  return [
    ...[...byKey.values()].flatMap((call) => {
      const digest = kept.get(call.key ?? '');
      if (call.outcome === 'ok' && digest !== call.digest) {
        return [
          `H1: the answer to ${call.operation} ${call.reference} is not kept as it was given`,
        ];
      }
      const isHalf = call.operation === 'create' && references.has(call.reference) !== !!digest;
      return isHalf ? [`H5: ${call.reference} has a row without an answer, or the reverse`] : [];
    }),
    ...stored.answers
      .filter(({ key }) => (byKey.get(key)?.outcome ?? 'refused') === 'refused')
      .map(({ key }) => `H2: an answer is kept for ${key}, and nobody was promised one`),
  ];
}
