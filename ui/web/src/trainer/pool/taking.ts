/** A job of the pool as a training of this page: what was trained elsewhere, and its curve as the server saw it. */
import type { Checkpoint } from "../../community/checkpoints.ts";
import type { Epoch, Taken } from "../worker/protocol.ts";
import type { PoolJob } from "./shapes.ts";

export function takenOf(job: PoolJob, checkpoint: Checkpoint): Taken {
  const ends = new Map(job.slices.map(({ to, ended }) => [to, ended]));
  const scored = job.scores.filter(({ loss, score, epoch }) => loss !== null && score !== null && epoch <= checkpoint.epoch);
  const epochs = scored.map(
    ({ epoch, loss, score, train_loss }): Epoch => ({
      ...{ number: epoch, loss: train_loss ?? NaN, score: null },
      ...{ validationLoss: loss!, validationScore: score! },
    }),
  );
  const times = scored.map(({ epoch }) => Date.parse(ends.get(epoch) ?? job.created) / 1000);
  return { checkpoint, epochs, times, started: Date.parse(job.slices[0]?.started ?? job.created) };
}
