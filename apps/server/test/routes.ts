import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FastifyInstance } from 'fastify';
import { startTestServer, type TestServer, type TestServerOptions } from './harness.ts';

/** A route as Fastify was told of it. */
export interface Route {
  method: string;
  /** With parameters as the OpenAPI file writes them: `/api/v1/appointments/{id}`. */
  path: string;
  /** Method and path, as a test names it. */
  name: string;
  /** Stands for the methods that an address does not take. */
  isRefusal: boolean;
  /** Not part of the interface. */
  isHidden: boolean;
  /** What the role of staff must allow, or null. */
  permission: string | null;
}

/**
 * Starts a server and notes every route from Fastify itself, so that no bookkeeping of the server's
 * own can hide one.
 */
export async function startWithRoutes(
  options: TestServerOptions = {},
): Promise<{ anteroom: TestServer; routes: Route[]; fastify: FastifyInstance }> {
  const routes: Route[] = [];
  let fastify: FastifyInstance | undefined;
  const watch = (message: unknown) => {
    ({ fastify } = message as { fastify: FastifyInstance });
    fastify.addHook('onRoute', ({ method, url, config }) => {
      const path = url.replace(/:(\w+)/g, '{$1}');
      for (const one of [method].flat()) {
        const isRefusal = config?.isRefusal === true;
        routes.push({
          method: one,
          path,
          name: `${one} ${path}`,
          isRefusal,
          isHidden: config?.isHidden === true,
          permission: config?.permission ?? null,
        });
      }
    });
  };
  subscribe('fastify.initialization', watch);
  const anteroom = await startTestServer(options).finally(() =>
    unsubscribe('fastify.initialization', watch),
  );
  if (!fastify) throw new Error('Fastify did not say that it was there');
  return { anteroom, routes, fastify };
}
