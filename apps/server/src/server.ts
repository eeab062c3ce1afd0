import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import {
  authenticate,
  forgetGuesses,
  forgetSessions,
  forgetTokens,
  oauthRoutes,
  openGuesses,
  openHosts,
  openPageOwners,
  openStaff,
  openStaffSessions,
  openTokens,
  openVisitSessions,
  tokenStatements,
} from './access/index.ts';
import {
  appointmentRoutes,
  hotAppointmentStatements,
  readDayAppointments,
  sandboxRoutes,
  showAppointments,
  sweepAppointments,
} from './appointments/index.ts';
import {
  forgetTickets,
  openHub,
  readFrame,
  sweepConnections,
  type TurnOptions,
} from './calls/index.ts';
import { manualRoutes } from './manual/routes.ts';
import { type MailSettings, outboxRoutes, startMailer } from './notifications/index.ts';
import { openOrganisations, organisationRoutes } from './organisation/index.ts';
import { pageRoutes } from './pages/routes.ts';
import { openClock } from './platform/clock.ts';
import { forget } from './platform/database/forgetting.ts';
import { type Database, openDatabase } from './platform/database/index.ts';
import { followEvents } from './platform/events.ts';
import { forgetHeartbeats, startHeartbeat } from './platform/heartbeat.ts';
import { acceptForms } from './platform/http/bodies.ts';
import { type MetricsAddress, serveMetrics } from './platform/http/metrics.ts';
import { openApiDocument } from './platform/http/openapi.ts';
import { operationRoutes } from './platform/http/operation.ts';
import { buildHttp, describeFailure } from './platform/http/server.ts';
import { forgetAnswers } from './platform/idempotency.ts';
import { readInstallation } from './platform/installation.ts';
import { openMetrics, showDatabase, showProcess } from './platform/metrics.ts';
import { isLoopbackOrigin } from './platform/socket/request.ts';
import { openSockets } from './platform/socket/server.ts';
import { type Sweep, startSweeper } from './platform/sweeper.ts';
import {
  claimantRoutes,
  dayRoutes,
  staffAppointmentRoutes,
  staffSessionRoutes,
} from './visit/index.ts';

export interface ServerOptions {
  /** The app role's address of the database, which must be migrated. */
  databaseUrl: string;
  /** Where a request belongs whose Host is no organisation's; null: `http://localhost:PORT`. */
  publicUrl?: string | null;
  log: Logger;
  trustedProxies: string[];
  rateLimitPerMinute: number;
  /** How often what is due by time alone is looked for; 0 is never. */
  sweepEveryMs?: number;
  /** The servers that carry media; none when it is left out. */
  turn?: TurnOptions;
  /** How people are written to; not at all when it is left out. */
  mail?: MailSettings | null;
  /** Where metrics are served; nowhere when it is left out. */
  metrics?: MetricsAddress | null;
}

export interface Server {
  /**
   * Starts to answer; gives the port. `prepare` is for what can only be done once the port is
   * ours; the server says that it is ready when that is done.
   */
  listen(
    address: { host: string; port: number },
    prepare?: (port: number) => Promise<void>,
  ): Promise<number>;
  /**
   * Stops gracefully: not ready at once, accepted requests are answered, then everything that was
   * opened is closed. Waits for the database where that still has work; whoever must be gone by a
   * certain time sets a limit of its own.
   */
  close(): Promise<void>;
  readonly database: Database;
  /** Where the metrics are served, once it listens; null when they are not. */
  metricsPort(): number | null;
}

const longestFarewellMs = 12_000;
/** At the farewell, a connection without a first byte gets this long to send one. */
const silenceMs = 1_000;

/** Puts the program together; whatever is opened here is closed in reverse order. */
export async function buildServer(options: ServerOptions): Promise<Server> {
  const { log } = options;
  const closers: (() => unknown)[] = [];
  const closeAll = async () => {
    for (const close of closers.reverse().splice(0)) await close();
  };

  try {
    const metrics = openMetrics();
    const database = await openDatabase({
      url: options.databaseUrl,
      hotStatements: [...tokenStatements, ...hotAppointmentStatements],
      onFailure(error) {
        metrics.databaseFailed();
        log.warn({ failure: describeFailure(error) }, 'database connection lost');
      },
    });
    closers.push(() => database.close());
    const clock = await openClock(database);
    closers.push(() => clock.close());
    const secrets = await readInstallation(database);
    const { roomKeySecret } = secrets;
    const heartbeat = await startHeartbeat(database);
    closers.push(() => heartbeat.stop());
    const sweeper = startSweeper({
      sweeps: sweepsOf(database),
      everyMs: options.sweepEveryMs ?? 5_000,
      log,
      registry: metrics.registry,
    });
    closers.push(() => sweeper.stop());
    showDatabase(metrics, database);
    showAppointments(metrics, database);
    const events = await followEvents(database, log);
    closers.push(() => events.stop());

    const organisations = openOrganisations(database);
    const mailer = await startMailer({
      database,
      organisations,
      log,
      mail: options.mail ?? null,
    });
    closers.push(() => mailer.stop());
    const tokens = openTokens(database, secrets.tokenSecret);
    const organisationOfHost = openHosts(database);
    const guesses = openGuesses(database, secrets.guessSecret);
    const pages = {
      sendsMail: Boolean(options.mail),
      database,
      organisations,
      clock,
      roomKeySecret,
      staff: openStaff(database),
      sessions: openStaffSessions(database, guesses),
      visits: openVisitSessions(database, guesses, secrets.visitSecret),
      pageOwner: openPageOwners(database, organisationOfHost),
    };
    const { app, closeRoutes } = buildHttp({
      log,
      trustedProxies: options.trustedProxies,
      sandboxClock: () => clock.sandboxAt(),
      metrics,
    });
    closers.push(() => app.close());
    const sockets = new Set<Socket>();
    app.server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });

    let isReady = false;
    let ownAddress = options.publicUrl ?? '';
    let boundPort = 0;
    /** Never the Host as it was sent: what the answer names is a place that somebody here owns. */
    const addressOf = async (request: FastifyRequest) => {
      const id = await organisationOfHost(request.host);
      return id === null ? ownAddress : (await organisations.find(id)).publicUrl;
    };
    const api = openApiDocument(app);
    await app.register(oauthRoutes(tokens, addressOf));
    const { rateLimitPerMinute } = options;
    await app.register(async (bearer) => {
      acceptForms(bearer);
      bearer.addHook('onRequest', authenticate({ organisationOfHost, tokens, rateLimitPerMinute }));
      await bearer.register(
        organisationRoutes({ database, organisations, clock, rateLimitPerMinute }),
      );
      await bearer.register(appointmentRoutes({ database, organisations, clock, roomKeySecret }));
      if (clock.sandboxAt()) await bearer.register(sandboxRoutes({ database, clock }));
    });
    await app.register(claimantRoutes(pages));
    await app.register(staffSessionRoutes(pages));
    await app.register(dayRoutes(pages));
    await app.register(staffAppointmentRoutes(pages));
    if (!options.mail) await app.register(outboxRoutes(pages));
    await app.register(
      operationRoutes({
        isReady: async () => isReady && (await database.answers()),
        describeApi: async (request) => api(await addressOf(request)),
        isHostKnown: async ({ host }) =>
          (await organisationOfHost(host)) !== null || host === new URL(ownAddress).host,
      }),
    );
    await app.register(manualRoutes({ addressOf, describeApi: api, rateLimitPerMinute }));
    await app.register(pageRoutes);
    closeRoutes();
    app.addHook('onResponse', ({ method }, _reply, done) => {
      if (method !== 'GET') events.nudge();
      done();
    });

    const isOwnOrigin = (origin: string, publicUrl: string) =>
      origin === publicUrl || isLoopbackOrigin(origin, boundPort);
    const hub = openHub({
      database,
      clock,
      organisations,
      events,
      processId: heartbeat.processId,
      turn: options.turn ?? { urls: [], secret: null, isRelayOnly: false },
      log,
      isOwnOrigin,
      readDay: (organisationId, ids) => readDayAppointments(pages, organisationId, ids),
    });
    closers.push(() => hub.close());
    const callSockets = openSockets({
      server: app.server,
      log,
      registry: metrics.registry,
      read: readFrame,
      greet: hub.greet,
      async isOriginKnown(origin) {
        if (isOwnOrigin(origin, ownAddress)) return true;
        const host = URL.parse(origin)?.host;
        const id = host ? await organisationOfHost(host) : null;
        return id !== null && (await organisations.find(id)).publicUrl === origin;
      },
    });
    closers.push(() => callSockets.close());

    let metricsPort: number | null = null;
    return {
      database,
      metricsPort: () => metricsPort,
      async listen(address, prepare = async () => {}) {
        if (options.metrics) {
          showProcess(metrics);
          const served = await serveMetrics(metrics.scrape, options.metrics);
          closers.push(() => served.close());
          metricsPort = served.port;
        }
        await app.listen(address);
        const bound = app.server.address();
        const port = bound !== null && typeof bound === 'object' ? bound.port : address.port;
        boundPort = port;
        ownAddress = options.publicUrl ?? `http://localhost:${port}`;
        await prepare(port);
        isReady = true;
        return port;
      },
      async close() {
        isReady = false;
        // Half-sent requests get this long; then their connections are cut.
        const cut = setTimeout(() => app.server.closeAllConnections(), longestFarewellMs);
        // A connection that was busy when the farewell began is let go once it is not.
        const letGo = setInterval(() => app.server.closeIdleConnections(), 50);
        // One that has never said anything waits for no answer, and would count as busy.
        const hangUp = setTimeout(() => {
          for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
        }, silenceMs);
        await closeAll().finally(() => {
          clearTimeout(cut);
          clearInterval(letGo);
          clearTimeout(hangUp);
        });
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Everything that time alone calls for, in every organisation. */
const sweepsOf = (database: Database): Sweep[] => [
  { name: 'connections', run: () => sweepConnections(database) },
  { name: 'appointments', run: (isStopped) => sweepAppointments(database, isStopped) },
  { name: 'answers', run: (isStopped) => forget(database, forgetAnswers, isStopped) },
  { name: 'tokens', run: (isStopped) => forget(database, forgetTokens, isStopped) },
  { name: 'tickets', run: (isStopped) => forget(database, forgetTickets, isStopped) },
  { name: 'sessions', run: (isStopped) => forget(database, forgetSessions, isStopped) },
  { name: 'guesses', run: (isStopped) => forget(database, forgetGuesses, isStopped) },
  { name: 'heartbeats', run: (isStopped) => forget(database, forgetHeartbeats, isStopped) },
];
