// Deliberately broken builds, each without one thing that a fault test is about: the test has to see
// it. A build is loaded by `node --import`, which gives this file the name of the build as a query.

import { registerHooks } from 'node:module';

interface Change {
  /** The end of the file's address. */
  file: string;
  sound: string;
  unsound: string;
}

export const builds = {
  /** Answers first and hands the statement to the database a moment later: a write-behind queue. */
  'reply-before-commit': [
    {
      file: '/appointments/schedule.ts',
      sound: 'await database.one(insertAppointment, values);',
      unsound: 'setTimeout(() => database.one(insertAppointment, values).catch(() => {}), 30);',
    },
  ],
  /** A connection that the database ends is an error that nobody expects. */
  'no-error-handler': [
    {
      file: '/database/connection.ts',
      sound: "  client.on('error', lose);\n",
      unsound: '',
    },
    {
      file: '/database/index.ts',
      sound: "  pool.on('error', onFailure);\n",
      unsound: '',
    },
  ],
  /** Only the database's own time limits are left, which a database that stands still does not keep. */
  'no-deadline': [
    {
      file: '/database/connection.ts',
      sound: 'performance.now() - oldest > answerDeadlineMs - 500',
      unsound: 'performance.now() - oldest > 60_000',
    },
    {
      file: '/database/index.ts',
      sound: 'setTimeout(give, answerDeadlineMs - 500)',
      unsound: 'setTimeout(give, 60_000)',
    },
    {
      file: '/http/deadline.ts',
      sound: 'now - since > answerDeadlineMs - lookEveryMs',
      unsound: 'now - since > 60_000',
    },
  ],
  /** A migration waits for its lock as long as it takes, and everyone waits behind it. */
  'no-lock-timeout': [
    {
      file: '/database/migrate.ts',
      sound: 'set lock_timeout = 1000',
      unsound: 'set lock_timeout = 0',
    },
  ],
  /** A signal ends the process, whatever it has accepted. */
  'exit-at-once': [
    {
      file: '/src/main.ts',
      sound: 'process.on(signal, () => resolve());',
      unsound: 'process.on(signal, () => process.exit(0));',
    },
  ],
} satisfies Record<string, Change[]>;

export type BrokenBuild = keyof typeof builds;

/** What stands before a program on the command line to run it broken. */
export const runBroken = (build: BrokenBuild): string[] => [
  '--import',
  `${import.meta.url.split('?')[0]}?${build}`,
];

const asked = new URL(import.meta.url).search.slice(1);
if (Object.hasOwn(builds, asked)) {
  const changes: Change[] = builds[asked as BrokenBuild];
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const here = changes.filter(({ file }) => url.endsWith(file));
      if (here.length === 0) return loaded;
      let source = String(loaded.source);
      for (const { file, sound, unsound } of here) {
        if (!source.includes(sound)) throw new Error(`${file} no longer says: ${sound}`);
        source = source.replace(sound, unsound);
      }
      return { ...loaded, source };
    },
  });
}
