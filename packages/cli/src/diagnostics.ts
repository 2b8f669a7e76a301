/** SQ0801…: what can be wrong with a command, its files and its outputs. */
import type { Code, DiagnosticRecord } from "@sequent/compiler";

const record = (code: Code, title: string, explain: string, why = "what is meant stands on the command line, not in a program"): DiagnosticRecord => ({
  code, severity: "error", title, explain, examples: [], fix: { tag: "none", why },
});
const MACHINE = "the cause is the state of a file or of the machine";

export const unreadableProgram = record("SQ0801", "program that can't be read",
  "The file is not there, is no file, or may not be read. A folder stands for the `main.seq` in it; `-` for standard input.", MACHINE);
export const notUtf8 = record("SQ0802", "program that is no UTF-8 text",
  "Programs are UTF-8 text. The byte at the place named is none; the file is binary, or in another encoding.", MACHINE);
export const unwritableOutput = record("SQ0803", "output that can't be written",
  "Standard output, or the folder for results, refused what was written: the disk is full, or writing is not allowed. Files are written whole or not at all.", MACHINE);
export const unknownCode = record("SQ0804", "code that does not exist", "`sequent explain` without a code lists all codes.");
export const unknownTarget = record("SQ0805", "target that does not exist", "`-t` names what a program is emitted for or run by: `interpreter` (train and eval alone) or `pytorch`.");
export const unknownPass = record("SQ0806", "pass that does not exist", "`sequent passes` lists the passes with what each requires and provides.");
export const runExists = record("SQ0807", "run folder in use",
  "The folder holds a checkpoint of an earlier run. `--resume` continues it, `--overwrite` starts afresh in its place; another `--name` or `--out` keeps both.");
export const badOption = record("SQ0808", "value that an option does not take", "`--help` after a command says what each of its options takes.");
export const noPython = record("SQ0809", "no Python to run PyTorch with",
  "`-t pytorch` runs the emitted program with `.venv/bin/python` where that is, else with `python3`, which needs torch, numpy and safetensors. `npm run python-env` makes the first; `SEQUENT_PYTHON` names another.", MACHINE);
export const pythonFailed = record("SQ0810", "PyTorch program that stopped",
  "The emitted program ended with an error, which stands above. Files in the run folder are those of its last checkpoint.", MACHINE);
export const unknownCommand = record("SQ0811", "command that does not exist", "The first word behind `sequent` is a command. `sequent --help` lists them.");
export const unknownOption = record("SQ0812", "option that does not exist", "Each command has options of its own; they stand behind it. `--help` after a command lists them.");
export const missingArgument = record("SQ0813", "argument or value that is missing", "A command wants the arguments in `<…>`, and an option that takes a value wants one. `--help` after a command shows them.");
export const excessArgument = record("SQ0814", "argument too many", "A command takes no more arguments than `--help` shows. A name with blanks stands in quotes.");

export const cliDiagnostics: readonly DiagnosticRecord[] = [
  unreadableProgram, notUtf8, unwritableOutput, unknownCode, unknownTarget, unknownPass, runExists, badOption, noPython, pythonFailed,
  unknownCommand, unknownOption, missingArgument, excessArgument,
];
