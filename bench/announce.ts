import type { FastifyInstance } from 'fastify';

/** Listens on a free port, tells the parent where, and ends with the parent. */
export async function announce(app: FastifyInstance): Promise<void> {
  process.send?.({ url: await app.listen({ host: '127.0.0.1', port: 0 }) });
  process.once('disconnect', () => process.exit());
}
