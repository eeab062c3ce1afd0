import type { FastifyRequest } from 'fastify';
import { refuse } from '../errors.ts';
import type { Http } from './route.ts';

export interface OperationOptions {
  /** Whether requests should be sent here now. */
  isReady(): Promise<boolean>;
  describeApi(request: FastifyRequest): Promise<object>;
  /** Whether the request's Host is one that somebody here has. */
  isHostKnown(request: FastifyRequest): Promise<boolean>;
}

/** What an operator and an integrator's tools ask: is it alive, is it ready, what does it speak. */
export function operationRoutes({ isReady, describeApi, isHostKnown }: OperationOptions) {
  return async (app: Http): Promise<void> => {
    app.get('/healthz', async () => ({ status: 'ok' }));
    app.get('/readyz', async (request) => {
      if (!(await isReady())) throw refuse('unavailable');
      // How this request arrived tells the operator whether a proxy is set up well; the doctor asks.
      return {
        status: 'ready',
        protocol: request.protocol,
        is_host_known: await isHostKnown(request),
        is_forwarding_ignored: isForwardingIgnored(request),
      };
    });
    app.get('/api/openapi.json', async (request) => describeApi(request));
  };
}

/** Whether the request names who forwarded it, and that one is not trusted. */
const isForwardingIgnored = ({ headers, ips = [] }: FastifyRequest): boolean =>
  (headers['x-forwarded-for'] ?? headers['x-forwarded-proto']) !== undefined && ips.length < 2;
