/** SQ082x: what can be wrong between a program, its data, and what is asked of it. */
import type { Code, DiagnosticRecord } from "@sequent/ir";

const record = (code: Code, title: string, explain: string, why: string, examples: readonly string[] = []): DiagnosticRecord => ({
  code, severity: "error", title, explain, examples, fix: { tag: "none", why },
});
const OUTSIDE = "what is asked for stands on the command line, not in the program";

export const emptyProgram = record("SQ0821", "program without a statement",
  "The file is empty, or holds comments alone. A program needs at least one statement, such as `X --[M]-> p`.",
  "there is nothing to mend", ["", "# to be written\n", "\n\n"]);

export const nothingToTrain = record("SQ0822", "nothing to train",
  "`train` needs a training statement: `p => y` brings `p` toward `y`, `x $ J` ascends the objective `J`; and it needs weights that it can change. The program has no such statement, or no weight. `check` and `eval` do without.",
  "what is to be trained, only the author knows");

export const noData = record("SQ0823", "inputs without data",
  "The program has inputs, and nothing says where their values come from. Write `@data \"file.npz\"` or give `--data file.npz`; arrays bind to inputs by name. `check` and `eval` do without.",
  "which file is meant, only the author knows");

export const defaultLength: DiagnosticRecord = { ...record("SQ0824", "default length of training",
  "Nothing says how long to train. `@train epochs=40`, `@train steps=5000`, or `--set epochs=40` does; without it there are 20 epochs, or 1,000 steps where there are no data.",
  "the program is right as it is"), severity: "note" };

export const unknownSetting = record("SQ0825", "setting that does not exist",
  "`--set key=value` overrides a directive: `batch=128`, `train.epochs=10`, `optim=sgd(lr=0.1)`. A key is a directive's name, or `directive.attribute`; an attribute that only one directive has may stand alone (`epochs=10`).",
  OUTSIDE);

export const unknownShown = record("SQ0826", "name that can't be shown",
  "`--show` lists states (`p`), gradients of the loss (`^h_1`), parameters (`M_1.weight`) and their gradients (`^M_1.weight`), metrics by name, and `loss`.",
  OUTSIDE);

export const noLoss = record("SQ0827", "no loss to speak of",
  "`loss`, gradients and updates need a training statement (`=>` or `$`), and the program has none.",
  OUTSIDE);

export const unknownParameter = record("SQ0828", "value for a parameter that the program does not have",
  "A file of parameters names them as the program does: `M_1.weight`, `Enc_1.R.bias`. Parameters that it leaves out keep their initial values.",
  "the file is at fault, not the program");

export const unfittingParameter = record("SQ0829", "value that does not fit its parameter",
  "Weights are `[out][in]`, weights of convolutions `[out][in][height][width]`; a file of parameters must hold each with exactly the shape of the program.",
  "the file is at fault, not the program");

export const noInputs = record("SQ0830", "values for `eval` are missing",
  "`eval` computes with the values in `--inputs FILE.json`, one array `[batch][…shape]` for each input of the program.",
  OUTSIDE);

export const differentParts = record("SQ0831", "test file unlike the training file",
  "`@data \"a.npz\" test=\"b.npz\"` takes the test part from a second file. Each array must have the same sequence length in both.",
  "the files are at fault, not the program");

export const pytorchStopped = record("SQ0832", "PyTorch program that stopped",
  "The emitted PyTorch program ended with an error. If the interpreter evaluates the same program, this is a bug in Sequent.",
  OUTSIDE);

export const batchTooSmall: DiagnosticRecord = {
  ...record("SQ0833", "too few samples for train mode",
    "In train mode `batch_norm` subtracts each channel's mean over the batch and its positions. With one sample and one position that is the value itself, and nothing is left of it. Take a batch of at least 2; `eval` mode uses running statistics and takes any number.",
    "", [
      '@data "points.npz"\n@batch 1\nx --[M|batch_norm|relu]-> h --[N]-> p => y\n',
      '@data "points.npz"\n@batch 1\n@train epochs=2\nx --[batch_norm_A]-> a --[M]-> p => y\n',
      '@data "points.npz"\n@batch 1\nF: u\n    reshape(u, shape=[2, 1]) --[batch_norm_B]-> v\n    return flatten(v)\nx --[F]-> h --[M]-> p => y\n',
    ]),
  fix: { tag: "offered" },
};

export const nothingPredicts = record("SQ0841", "nothing to generate from",
  "`generate` feeds a program its own draws. It needs a statement that trains probabilities toward a class input that they do not see: `p_t => one_hot(x_{t+1})` with `x : class[n]`, or `p_t => one_hot(x_t)` where `p_t` is made of earlier steps alone; and no other input on the way to them.",
  "what is to be predicted, only the author knows");

export const badPrompt = record("SQ0842", "prompt that the program can't read",
  "A prompt is text where the data are text, of characters that occur in them; else whole numbers from 0 up, at commas or blanks. It has at least one symbol.",
  OUTSIDE);

export const noSteps = record("SQ0834", "sequences of no known length",
  "The states of the program change with `t`, and nothing says how many steps there are: that is the length of its inputs over time, and it has none. An input that a state reads at each step (`x_t`) says it. `check` does without.",
  "what the sequences are of, and how long, only the author knows",
  ["@train steps=3\n1 -> h_0\n0.5*h_{t-1} -> h_t\nh_T --[M]-> p\n$ -sum(p)\n", "@train steps=3\nM : dense[2]\n0 -> h_0\nh_{t-1} --[M|tanh]-> h_t\n$ -sum(h_t)\n"]);

export const compilerDiagnostics: readonly DiagnosticRecord[] = [
  emptyProgram, nothingToTrain, noData, defaultLength, unknownSetting, unknownShown, noLoss, unknownParameter, unfittingParameter, noInputs,
  differentParts, pytorchStopped, batchTooSmall, nothingPredicts, badPrompt, noSteps,
];
