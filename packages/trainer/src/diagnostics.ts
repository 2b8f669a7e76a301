import type { Code, DiagnosticRecord } from "@sequent/ir";

const MACHINE = "The cause is the state of the machine or of a file, not the program's text.";
const CHOICE = "Which of the two is meant, only the user knows.";

const record = (
  code: Code,
  title: string,
  explain: string,
  why: string,
  examples: readonly string[] = [],
): DiagnosticRecord => ({
  code,
  severity: "error",
  title,
  explain,
  examples,
  fix: { tag: "none", why },
});

export const unwritableRun = record(
  "SQ0601",
  "run folder can't be written",
  "A run writes `metrics.jsonl` and `checkpoint.safetensors` into its folder. The disk is full, or the folder " +
    "can't be made or written. " +
    "The last checkpoint that was written is whole; `--resume` continues from it.",
  MACHINE,
);
export const noCheckpoint = record(
  "SQ0602",
  "no checkpoint to resume from",
  "`--resume` continues the run in a folder, and the folder has no `checkpoint.safetensors`. Check the run's " +
    "name, or train without `--resume`.",
  MACHINE,
);
export const notACheckpoint = record(
  "SQ0603",
  "not a checkpoint",
  "The file is a safetensors file, but lacks the metadata that training needs to continue (update, seed, batch). " +
    "Parameters alone can be given to `eval`, but not resumed from.",
  MACHINE,
);
export const otherProgram = record(
  "SQ0604",
  "checkpoint of another program",
  "A checkpoint holds every parameter, optimizer slot and running statistic by name. Here names, shapes or " +
    "precision differ from the program's: " +
    "it was changed since, or the checkpoint belongs to another one.",
  CHOICE,
);
export const otherRun = record(
  "SQ0605",
  "checkpoint of another run",
  "To go on exactly as if never interrupted, a run needs the seed, the batch, the training samples and the windows (`@horizon`) " +
    "that it began with.",
  CHOICE,
);
export const lossNotFinite = record(
  "SQ0606",
  "loss is not finite",
  "The loss of a statement became NaN or infinite, and with it every parameter would. Usual causes: too high a " +
    "learning rate, " +
    "`log` or a division near 0, exploding gradients (`clip_grad`). The last checkpoint, from before it, is kept.",
  "Which of its usual causes it is, the text does not tell.",
  ['@data "points.npz"\n@train steps=100\nx : [2] ; y : [1]\nx --[M]-> p\nlog(p - p) -> q\nq => y\n'],
);
export const parameterNotFinite = record(
  "SQ0607",
  "parameter is not finite",
  "An update made a parameter NaN or infinite, although the losses still were finite. The last checkpoint, " +
    "from before it, is kept.",
  "Whether the learning rate, the gradient or the initial value is at fault, the text does not tell.",
);
export const epochsWithoutData = record(
  "SQ0608",
  "epochs of a program without data",
  "An epoch is one pass over the training data. A program that draws its inputs itself has none; say how many " +
    "updates to make: `@train steps=1000`.",
  "How many steps to train is the user's choice.",
  ["@train epochs=10\nnormal(2) -> z\nz --[G]-> x => 0\n"],
);
export const badTrainingLength = record(
  "SQ0609",
  "bad length of training",
  "`epochs=` and `steps=` are whole numbers, at least 0.",
  "How long to train is the user's choice.",
  ['@data "points.npz"\n@train epochs=0.5\nx --[M]-> p => y\n'],
);

/** Every code of this package: SQ0601…SQ0649. */
export const trainerDiagnostics: readonly DiagnosticRecord[] = [
  unwritableRun,
  noCheckpoint,
  notACheckpoint,
  otherProgram,
  otherRun,
  lossNotFinite,
  parameterNotFinite,
  epochsWithoutData,
  badTrainingLength,
];
