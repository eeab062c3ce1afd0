import { firstGoodReply, type Outcome, progress, runUnderLoad } from './rounds.ts';
import { strike } from './strike.ts';

export interface KillOptions {
  rounds: number;
  writers?: number;
  nodeOptions?: string[];
}

export interface KillOutcome extends Outcome {
  killedAt: number[];
  /** For each round the milliseconds from the kill to the first good reply. */
  recoveriesMs: number[];
}

/** Kills the server at random moments under load and starts it again at once. */
export async function killServerUnderLoad(options: KillOptions): Promise<KillOutcome> {
  const killedAt: number[] = [];
  const recoveriesMs: number[] = [];
  const outcome = await runUnderLoad({
    writers: options.writers ?? 32,
    nodeOptions: options.nodeOptions ?? [],
    async disturb({ installation, server: first, load, random }) {
      let server = first;
      for (let round = 1; round <= options.rounds; round += 1) {
        const [at = 0] = await strike({
          processId: server.processId,
          word: 'main.ts serve',
          deed: 'SIGKILL',
          afterMs: Math.floor(random() * 500),
        });
        await server.ended;
        server = installation.serve();
        killedAt.push(at);
        recoveriesMs.push((await firstGoodReply(installation)) - at);
        await progress(load, 200);
      }
    },
  });
  return { ...outcome, killedAt, recoveriesMs };
}
