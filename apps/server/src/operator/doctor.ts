import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { type Config, readVariables } from '../config.ts';
import { findDataFolder } from '../platform/database/embedded/install.ts';
import { startEmbeddedDatabase } from '../platform/database/embedded/launch.ts';
import { examineDatabase } from '../platform/database/examine.ts';
import { embeddedAddresses } from '../platform/database/provision.ts';

/** One thing that was looked at. */
interface Finding {
  /** What, in a word or two. */
  about: string;
  /** Null: it could not be looked at, or does not apply. */
  isWell: boolean | null;
  /** What was found, and what to do about it when it is not well. */
  says: string;
}

export interface DoctorOptions {
  environment: Record<string, string | undefined>;
  /** This machine's clock, in milliseconds since 1970. */
  now?: () => number;
  /** Less free space than this is too little. */
  leastFreeBytes?: number;
}

const well = (about: string, says: string): Finding => ({ about, isWell: true, says });
const fault = (about: string, says: string): Finding => ({ about, isWell: false, says });
const open = (about: string, says: string): Finding => ({ about, isWell: null, says });

const mostSecondsApart = 5;
const gibibyte = 1024 ** 3;

/**
 * Looks at everything that an installation needs, whether or not it runs, and changes nothing. Answers a
 * line for each thing, what is wrong with what to do about it, and whether all is well.
 */
export async function diagnose(
  options: DoctorOptions,
): Promise<{ report: string; isWell: boolean }> {
  const { environment, now = Date.now, leastFreeBytes = gibibyte } = options;
  const { config, faults } = readVariables(environment);
  const own = config.DATABASE_URL !== null || Boolean(environment.DATABASE_URL);
  const port = await lookAtPort(config);
  const findings: Finding[] = [
    ...faults.map((says) => fault('configuration', says)),
    ...(faults.length === 0 ? [well('configuration', 'Every variable can be read.')] : []),
    ...(own
      ? [open('disk', 'PostgreSQL’s own disk cannot be seen from here.')]
      : await lookAtFolder(config.DATA_DIR, leastFreeBytes)),
    ...(own ? await lookAtOwnDatabase(config, now) : await lookAtEmbeddedDatabase(config, now)),
    port.finding,
    ...(await lookAtPublicAddress(config, port.isOurs)),
  ];
  const marks = new Map([
    [true, 'fine '],
    [false, 'WRONG'],
    [null, '-    '],
  ]);
  const width = Math.max(...findings.map(({ about }) => about.length));
  return {
    report: findings
      .map(({ about, isWell, says }) => `${marks.get(isWell)}  ${about.padEnd(width)}  ${says}`)
      .join('\n'),
    isWell: findings.every(({ isWell }) => isWell !== false),
  };
}

async function lookAtFolder(wanted: string, leastFreeBytes: number): Promise<Finding[]> {
  let folder = findDataFolder(join(wanted, 'postgresql')) ?? resolve(wanted);
  while (!existsSync(folder)) folder = dirname(folder);
  const probe = join(folder, `.doctor-${randomUUID()}`);
  let folderSays = well('folder', `${folder} can be written.`);
  try {
    await writeFile(probe, 'x');
  } catch (error) {
    const { code } = error as { code?: string };
    // A full disk is the next line's matter.
    if (code !== 'ENOSPC')
      folderSays = fault(
        'folder',
        `${folder} cannot be written (${code}). Give it to the user who runs this, or set DATA_DIR to another.`,
      );
  } finally {
    await rm(probe, { force: true }).catch(() => {});
  }
  const { bavail, bsize } = await statfs(folder);
  const free = `${((bavail * bsize) / gibibyte).toFixed(1)} GiB are free on the disk of ${folder}`;
  return [
    folderSays,
    bavail * bsize < leastFreeBytes
      ? fault(
          'disk',
          `${free}. Without room appointments are refused (507): delete something, or move DATA_DIR.`,
        )
      : well('disk', `${free}.`),
  ];
}

async function lookAtEmbeddedDatabase(config: Config, now: () => number): Promise<Finding[]> {
  const dataDirectory = join(config.DATA_DIR, 'postgresql');
  if (!findDataFolder(dataDirectory)) {
    return [
      open(
        'database',
        `There is none yet in ${resolve(config.DATA_DIR)}; the first start makes it.`,
      ),
    ];
  }
  try {
    const embedded = await startEmbeddedDatabase({ dataDirectory, log: () => {} });
    try {
      return await lookAtDatabase(embeddedAddresses(embedded).appUrl, 'DATA_DIR', now);
    } finally {
      await embedded.stop();
    }
  } catch (error) {
    return [fault('database', (error as Error).message)];
  }
}

async function lookAtOwnDatabase(config: Config, now: () => number): Promise<Finding[]> {
  const { DATABASE_URL: appUrl, MIGRATION_DATABASE_URL: ownerUrl } = config;
  const owner = ownerUrl && (await examineDatabase(ownerUrl, 'MIGRATION_DATABASE_URL', now));
  return [
    ...(appUrl ? await lookAtDatabase(appUrl, 'DATABASE_URL', now) : []),
    ...(owner
      ? [
          owner.unreachable
            ? fault('owner', owner.unreachable)
            : well('owner', 'The owner can sign in.'),
        ]
      : []),
  ];
}

async function lookAtDatabase(
  url: string,
  variable: string,
  now: () => number,
): Promise<Finding[]> {
  const { unreachable, schema, unsafe, clockAheadSeconds } = await examineDatabase(
    url,
    variable,
    now,
  );
  if (unreachable) return [fault('database', unreachable)];
  const ahead = Math.abs(clockAheadSeconds);
  return [
    well('database', 'It answers.'),
    schema
      ? fault('schema', schema)
      : well('schema', 'It has every migration, and none that is newer.'),
    ...unsafe.map((says) => fault('safety', says)),
    ...(unsafe.length === 0
      ? [well('safety', 'Settings, role and tables are as they should be.')]
      : []),
    ahead > mostSecondsApart
      ? fault(
          'clock',
          `The database’s clock is ${ahead} seconds ${clockAheadSeconds > 0 ? 'ahead of' : 'behind'} this machine’s. Set both by a time server (NTP).`,
        )
      : well('clock', 'The database and this machine have the same time.'),
  ];
}

/** Who answers on our port: nobody yet, ourselves, or another program. */
async function lookAtPort({
  HOST: host,
  PORT: port,
}: Config): Promise<{ finding: Finding; isOurs: boolean }> {
  const say = (finding: Finding, isOurs = false) => ({ finding, isOurs });
  if (port === 0) return say(open('port', 'PORT is 0: each start takes a free one.'));
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    server.close();
    return say(well('port', `Port ${port} is free; the service does not run on it now.`));
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'EADDRINUSE') {
      const here = host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? '[::1]' : host;
      return (await askReady(`http://${here}:${port}`)).isOurs
        ? say(well('port', `The service answers on port ${port}.`), true)
        : say(
            fault(
              'port',
              `Port ${port} is taken by another program. Set PORT to a free one, or end that program.`,
            ),
          );
    }
    return say(
      fault(
        'port',
        code === 'EACCES'
          ? `Port ${port} may not be used by this user. Set PORT to one above 1023.`
          : `HOST (${host}) is no address of this machine (${code}). Set it to one, or to localhost or 0.0.0.0.`,
      ),
    );
  }
}

async function lookAtPublicAddress(
  { PUBLIC_URL: publicUrl }: Config,
  isRunning: boolean,
): Promise<Finding[]> {
  const about = 'public address';
  if (!publicUrl) return [open(about, 'PUBLIC_URL is not set: links lead to this machine only.')];
  const { isOurs, failure, arrived } = await askReady(publicUrl);
  if (!isOurs) {
    return [
      isRunning
        ? fault(
            about,
            `PUBLIC_URL (${publicUrl}) does not reach the service: ${failure}. Correct it, its name or the proxy.`,
          )
        : open(
            about,
            `Whether PUBLIC_URL (${publicUrl}) reaches the service shows only while it runs.`,
          ),
    ];
  }
  const reached = well(about, `PUBLIC_URL (${publicUrl}) reaches the service.`);
  if (!arrived)
    return [reached, open('proxy', 'How requests arrive shows only while it is ready.')];
  const { protocol, host } = new URL(publicUrl);
  const wanted = protocol.slice(0, -1);
  const faults: Finding[] = [];
  if (!arrived.is_host_known) {
    faults.push(
      fault(
        'proxy',
        `Requests to PUBLIC_URL arrive for another host than ${host}, or no organisation has that address. Have the proxy forward Host unchanged, or see: organisations list.`,
      ),
    );
  }
  if (arrived.is_forwarding_ignored) {
    faults.push(
      fault(
        'proxy',
        'The proxy is not trusted, so everybody behind it shares one address. Name it in TRUSTED_PROXIES.',
      ),
    );
  } else if (arrived.protocol !== wanted) {
    faults.push(
      fault(
        'proxy',
        `PUBLIC_URL is ${wanted}, but its requests look like ${arrived.protocol}. Have the proxy send X-Forwarded-Proto, and name it in TRUSTED_PROXIES.`,
      ),
    );
  }
  return [
    reached,
    ...(faults.length > 0 ? faults : [well('proxy', 'Requests arrive as they were sent.')]),
  ];
}

type ReadyBody = { status?: string; code?: string } & NonNullable<Ready['arrived']>;

interface Ready {
  isOurs: boolean;
  /** Why it is not ours. */
  failure?: string;
  /** How the question arrived, once the service is ready. */
  arrived?: { protocol: string; is_host_known: boolean; is_forwarding_ignored: boolean };
}

const longestAnswerMs = 5_000;

/** What a service at this address says of itself. */
async function askReady(address: string): Promise<Ready> {
  try {
    const signal = AbortSignal.timeout(longestAnswerMs);
    const answer = await fetch(`${address}/readyz`, { signal, redirect: 'manual' });
    const body = (await answer.json().catch(() => null)) as ReadyBody | null;
    if (body?.status === 'ready') return { isOurs: true, arrived: body };
    if (body?.code === 'unavailable') return { isOurs: true };
    return { isOurs: false, failure: `another program answers there, with ${answer.status}` };
  } catch (error) {
    const { cause, message } = error as { cause?: { code?: string }; message: string };
    return { isOurs: false, failure: cause?.code ?? message };
  }
}
