import type { FastifyRequest } from 'fastify';
import { refuse } from '../errors.ts';
import type { Http } from './route.ts';

export interface OperationOptions {
  /** Whether requests should be sent here now. */
  isReady(): Promise<boolean>;
  describeApi(request: FastifyRequest): Promise<object>;
}

/** What an operator and an integrator's tools ask: is it alive, is it ready, what does it speak. */
export function operationRoutes({ isReady, describeApi }: OperationOptions) {
  return async (app: Http): Promise<void> => {
    app.get('/healthz', async () => ({ status: 'ok' }));
    app.get('/readyz', async () => {
      if (!(await isReady())) throw refuse('unavailable');
      return { status: 'ready' };
    });
    app.get('/api/openapi.json', async (request) => describeApi(request));
  };
}
