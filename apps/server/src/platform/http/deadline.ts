import type { FastifyReply } from 'fastify';

/** Callers wait this long for an answer and no longer (design section 4, rule 5). */
const answerDeadlineMs = 5_000;
const lookEveryMs = 200;
/** An answer is taken within this time, however slowly, or its connection is cut. */
const takingDeadlineMs = 60_000;

/**
 * Watches over the answers that are due. A request may wait several times, as for its caller's token
 * and then for a row, so that the deadlines of its waits add up: whoever is late is handed to
 * `answerLate`, once, and must be answered there. Time in which the body arrives does not count. Who
 * does not take an answer loses the connection. One timer serves all.
 */
export function watchDeadlines(answerLate: (reply: FastifyReply) => void) {
  const due = new Map<FastifyReply, number>();
  const untaken = new Map<FastifyReply, number>();
  const timer = setInterval(() => {
    const now = performance.now();
    for (const [reply, since] of due) {
      if (reply.sent || reply.raw.destroyed) {
        due.delete(reply);
        if (!reply.raw.destroyed) untaken.set(reply, now);
      } else if (!reply.request.raw.complete) due.set(reply, now);
      else if (now - since > answerDeadlineMs - lookEveryMs) {
        due.delete(reply);
        answerLate(reply);
        untaken.set(reply, now);
      }
    }
    for (const [reply, since] of untaken) {
      if (now - since <= takingDeadlineMs) continue;
      untaken.delete(reply);
      reply.raw.destroy();
    }
  }, lookEveryMs);
  timer.unref();
  return {
    begin: (reply: FastifyReply) => due.set(reply, performance.now()),
    end(reply: FastifyReply) {
      due.delete(reply);
      untaken.delete(reply);
    },
    close: () => clearInterval(timer),
  };
}
