/** `sequent`: reads the command line, runs a command, and turns what went wrong into a message and an exit code. */
import { Command, CommanderError } from "commander";
import { readFileSync } from "node:fs";
import { addBuild } from "./commands/build.js";
import { addCheck } from "./commands/check.js";
import { addEval } from "./commands/eval.js";
import { addExplain } from "./commands/explain.js";
import { addFix } from "./commands/fix.js";
import { addFmt } from "./commands/fmt.js";
import { addGenerate } from "./commands/generate.js";
import { addPasses } from "./commands/passes.js";
import { addTrain } from "./commands/train.js";
import { complain, err, EXIT, out, reportJson, Stop } from "./terminal.js";
import { usageStop } from "./usage.js";

const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "unknown";

const EPILOGUE = `
Exit codes: 0 done; 1 there are diagnostics; 2 the command line is wrong; 130 interrupted, the checkpoint is kept.
Results go to standard output, progress and diagnostics to standard error. NO_COLOR is honoured.`;

/** Ours, not the user's: one line, and where the trace is. */
const bug = (error: unknown): number => {
  const message = error instanceof Error ? error.message : String(error);
  const trace = error instanceof Error ? (error.stack ?? "") : "";
  if ((process.env["SEQUENT_DEBUG"] ?? "") !== "") err(`${trace}\n`);
  err(`sequent: internal error: ${message.split("\n")[0] ?? ""}. This is a bug in Sequent; SEQUENT_DEBUG=1 shows the trace.\n`);
  return EXIT.diagnostics;
};

const exitCodeOf = (error: unknown): number => {
  if (!(error instanceof Stop)) return bug(error);
  if (error.diagnostics.length === 0) return error.exitCode;
  if (!process.argv.includes("--json")) complain(error.diagnostics, error.sources);
  else reportJson(error.diagnostics, error.sources);
  return error.exitCode;
};

const main = async (): Promise<number> => {
  let exitCode: number = EXIT.ok;
  const run = async (command: () => number | Promise<number>): Promise<void> => {
    exitCode = await command();
  };
  const program = new Command("sequent")
    .description("Compiles and trains programs in chalkboard notation.")
    .version(version)
    .exitOverride()
    // What is wrong with a command line is a diagnostic like any other.
    .configureOutput({ writeOut: out, writeErr: err, outputError: () => undefined })
    .addHelpText("after", EPILOGUE);
  for (const add of [addCheck, addFmt, addFix, addExplain, addTrain, addEval, addGenerate, addBuild, addPasses]) add(program, run);
  try {
    await program.parseAsync();
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return exitCodeOf(error);
    if (error.exitCode === 0) return EXIT.ok;
    // Without a command, help has been shown.
    return error.code === "commander.help" ? EXIT.usage : exitCodeOf(usageStop(error, program, process.argv.slice(2)));
  }
};

main().then(
  (code) => {
    process.exitCode = code;
  },
  // A report that could not be written either.
  (error: unknown) => {
    process.exitCode = error instanceof Stop ? error.exitCode : bug(error);
  },
);
