import type { Code, DiagnosticRecord } from "@sequent/ir";

const record = (code: Code, title: string, explain: string, why: string): DiagnosticRecord => ({
  code, severity: "error", title, explain, examples: [], fix: { tag: "none", why },
});

const MACHINE = "The cause is the state of the machine, not the program's text.";

export const noPython = record(
  "SQ0731",
  "Python or PyTorch is missing",
  "Emitted programs run in Python with `torch`, `numpy` and `safetensors`. `npm run python-env` makes an environment with all of them " +
    "in `.venv`, which is then found by itself; another one is named by the variable SEQUENT_PYTHON.",
  MACHINE,
);
export const pythonEnded = record(
  "SQ0732",
  "Python ended early",
  "The Python process that runs emitted programs was killed or crashed, before it had run any of them. The message has the last of what " +
    "it said. Usual causes: too little memory, or a broken installation of PyTorch (`npm run python-env` makes a fresh one).",
  MACHINE,
);
export const noRunFolder = record(
  "SQ0733",
  "working files can't be written",
  "Emitted programs are run from files in the system's folder for temporary files, or in the folder given. The disk is full, or the " +
    "folder can't be written; the variable TMPDIR names another one.",
  MACHINE,
);

/** Codes of running what is emitted: SQ0731…SQ0749. */
export const runDiagnostics: readonly DiagnosticRecord[] = [noPython, pythonEnded, noRunFolder];
