/**
 * The ceiling: a bare Fastify that answers fixed bytes of the same size, without looking anything
 * up. What a server loses against it is everything but HTTP.
 */

import fastify from 'fastify';
import { announce } from './announce.ts';
import { appointmentsPath, exampleAnswer } from './example.ts';

const one = JSON.stringify({ data: exampleAnswer });
const list = JSON.stringify({ data: Array.from({ length: 25 }, () => exampleAnswer) });

const app = fastify();
app.addContentTypeParser(
  'application/x-www-form-urlencoded',
  { parseAs: 'string' },
  (_request, body, done) => done(null, body),
);
app.addHook('onRequest', async (_request, reply) => {
  reply.type('application/json; charset=utf-8');
});
app.post(appointmentsPath, (_request, reply) => reply.code(201).send(one));
app.get(appointmentsPath, (_request, reply) => reply.send(list));
app.get(`${appointmentsPath}/:id`, (_request, reply) => reply.send(one));
app.patch(`${appointmentsPath}/:id`, (_request, reply) => reply.send(one));

await announce(app);
