// A deliberately broken build, for `node --import`: it answers a create first and hands the
// statement to the database a moment later, as a write-behind queue would. Whoever kills the server
// in between loses acknowledged appointments, and the tests have to see it.

import { registerHooks } from 'node:module';

const broken = [
  [
    '    await database.one(insertAppointment, [',
    '    setTimeout(() => database.one(insertAppointment, [',
  ],
  [
    '      ...keptValues(repeatable, answer),\n    ]);',
    '      ...keptValues(repeatable, answer),\n    ]).catch(() => {}), 30);',
  ],
] as const;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith('/appointments/schedule.ts')) return loaded;
    let source = String(loaded.source);
    for (const [sound, unsound] of broken) {
      if (!source.includes(sound)) throw new Error(`schedule.ts no longer says: ${sound}`);
      source = source.replace(sound, unsound);
    }
    return { ...loaded, source };
  },
});
