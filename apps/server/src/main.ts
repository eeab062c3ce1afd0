import process from 'node:process';
import { pino } from 'pino';
import { openTokens } from './access/index.ts';
import { type Config, readConfig } from './config.ts';
import { runCommand } from './operator/command-line.ts';
import { diagnose } from './operator/doctor.ts';
import { greeting } from './operator/greeting.ts';
import {
  type FirstStart,
  type Installation,
  openInstallation,
  prepareSandbox,
  settleFirstStart,
} from './operator/installation.ts';
import { openClock } from './platform/clock.ts';
import { openDatabase } from './platform/database/index.ts';
import { lockServing } from './platform/database/lock.ts';
import { describeFailure } from './platform/http/server.ts';
import { readInstallation } from './platform/installation.ts';
import { buildServer } from './server.ts';

// The process: arguments, environment, signals, exit code. Nothing else in the program touches it.

const say = (line: string) => process.stdout.write(`${line}\n`);

/** From the signal to the end of the process, whatever hangs; an orderly stop takes less. */
const longestStopMs = 18_000;

async function main(): Promise<void> {
  const [command = 'serve', ...args] = process.argv.slice(2);
  if (command === 'doctor') {
    const { report, isWell } = await diagnose({ environment: process.env });
    say(report);
    if (!isWell) process.exitCode = 1;
    return;
  }
  const config = readConfig(process.env);
  if (command === 'serve') await serve(config);
  else say(await runCommand([command, ...args], config));
}

async function serve(config: Config): Promise<void> {
  const { stopping, stop } = stopSignal();
  const log = pino(
    { level: config.LOG_LEVEL, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    // Lines are gathered: one write for each costs more than making them.
    pino.destination({ sync: false, minLength: 4096, periodicFlush: 200 }),
  );
  const closers: (() => Promise<unknown>)[] = [];
  try {
    let tell: (line: string) => void = say;
    const installation = await openInstallation(config, (line) => tell(line));
    closers.push(() => installation.close());
    if (installation.dataDirectory && installation.ownerUrl) {
      const { ownerUrl, dataDirectory } = installation;
      const release = await lockServing(ownerUrl, dataDirectory, (taken) => {
        log.fatal(taken.message);
        stop();
      }).catch((error) => {
        // One clear sentence is enough; what the other one's database does is not ours to tell.
        tell = () => {};
        throw error;
      });
      closers.push(release);
    }
    await prepareSandbox(installation, config, process.env.NODE_ENV === 'production');
    const server = await buildServer({
      databaseUrl: installation.appUrl,
      publicUrl: config.PUBLIC_URL,
      log,
      trustedProxies: config.TRUSTED_PROXIES,
      rateLimitPerMinute: config.RATE_LIMIT_PER_MINUTE,
      turn: {
        urls: config.TURN_URLS,
        secret: config.TURN_SECRET,
        isRelayOnly: config.CALL_RELAY_ONLY,
      },
      mail: config.SMTP_URL === null ? null : { smtpUrl: config.SMTP_URL, from: config.MAIL_FROM },
      metrics:
        config.METRICS_PORT === null
          ? null
          : {
              host: config.METRICS_HOST,
              port: config.METRICS_PORT,
              token: config.METRICS_TOKEN,
            },
    });
    closers.push(() => server.close());
    let firstStart: FirstStart | null = null;
    const address = { host: config.HOST, port: config.PORT };
    const port = await server.listen(address, async (bound) => {
      const publicUrl = config.PUBLIC_URL ?? `http://localhost:${bound}`;
      firstStart = await settleFirstStart(installation, config, publicUrl);
    });
    say(await greet(config, installation, firstStart, port));
    await stopping;
    say('Stopping: answering what was accepted.');
    setTimeout(() => {
      process.stderr.write('The database does not answer: the end does not wait for it.\n');
      process.exit(1);
    }, longestStopMs).unref();
  } finally {
    for (const close of closers.reverse()) await close();
    log.flush();
  }
}

async function greet(
  config: Config,
  installation: Installation,
  firstStart: FirstStart | null,
  port: number,
): Promise<string> {
  const database = await openDatabase({ url: installation.appUrl, pipelinedConnections: 1 });
  try {
    const clock = await openClock(database);
    clock.close();
    const address = config.PUBLIC_URL ?? `http://localhost:${port}`;
    const { dataDirectory } = installation;
    const sandboxAt = clock.sandboxAt();
    if (!firstStart)
      return greeting({ address, dataDirectory, firstStart, token: null, sandboxAt });
    const { tokenSecret } = await readInstallation(database);
    const tokens = openTokens(database, tokenSecret);
    const { id, secret } = firstStart.client;
    const client = await tokens.authenticateClient(id, secret);
    const token = client && (await tokens.issue(client, client.scopes));
    return greeting({ address, dataDirectory, firstStart, token, sandboxAt });
  } finally {
    await database.close();
  }
}

/** Resolves at the first signal to stop; a terminal may send it twice, so more change nothing. */
function stopSignal(): { stopping: Promise<void>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => resolve());
  // The parent that started us is gone, however it ended.
  process.on('disconnect', () => resolve());
  return { stopping: promise, stop: () => resolve() };
}

/** A sentence for the operator; the whole story only for what nobody foresaw. */
function explainFailure(error: unknown): string {
  const { code, address, port } = error as { code?: string; address?: string; port?: number };
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken by another program. Set PORT to a free one.`;
  if (code === 'EACCES' && port)
    return `Port ${port} may not be used by this user. Set PORT to one above 1023.`;
  if (code === 'ENOTFOUND' || code === 'EADDRNOTAVAIL')
    return `HOST is no address of this machine: ${address ?? ''}`;
  if (code === 'ECONNREFUSED') return 'The database in DATABASE_URL does not answer.';
  return error instanceof Error ? error.message : String(describeFailure(error).name);
}

main().then(
  () => process.disconnect?.(),
  (error) => {
    process.stderr.write(`${explainFailure(error)}\n`);
    process.exitCode = 1;
    process.disconnect?.();
  },
);
