import { compose, passes, print, run as runPipeline } from "@sequent/compiler";
import type { Pass } from "@sequent/compiler";
import type { Command } from "commander";
import * as E from "fp-ts/lib/Either.js";
import { unknownPass } from "../diagnostics.js";
import { compileOptions, compiling, optionText, refuseOption } from "../options.js";
import type { CommonOptions } from "../options.js";
import { readStage } from "../stage.js";
import { complain, EXIT, json, out, Stop } from "../terminal.js";
import { nearest } from "@sequent/compiler";

/** `passes`: what there is, with what each requires and provides. */
const listPasses = (options: { readonly json?: true }): number => {
  const all = [...passes().values()];
  if (options.json === true) out(json(all.map(({ name, doc, requires, provides, breaks }) => ({ name, doc, requires, provides, breaks }))));
  else for (const { name, doc, requires, provides } of all) out(`${name.padEnd(14)} ${(requires.join(", ") || "-").padEnd(16)} → ${(provides.join(", ") || "-").padEnd(16)} ${doc}\n`);
  return EXIT.ok;
};

const named = (list: string, known: ReadonlyMap<string, Pass>): readonly Pass[] =>
  list.split(",").map((text) => text.trim()).filter((name) => name !== "").map((name) => {
    const pass = known.get(name);
    if (pass !== undefined) return pass;
    const near = nearest(name, known.keys());
    const help = near === null ? `There is ${[...known.keys()].join(", ")}.` : `Did you mean \`${near}\`?`;
    return refuseOption(unknownPass, "passes", list, `there is no pass ${JSON.stringify(name)}`, help);
  });

/** `run-passes FILE --passes a,b`: on a program, or on a stage that `--dump` wrote. */
const runPasses = (file: string, options: CommonOptions & { readonly passes: string }): number => {
  const stage = readStage(file, options);
  const wanted = named(options.passes, passes({ data: stage.data }));
  const pipeline = compose("command line", wanted, stage.facts);
  if (E.isLeft(pipeline)) {
    const text = optionText("passes", options.passes);
    const labels = [{ at: { file: text, from: "--passes ".length, to: text.length }, text: "in this order" }];
    throw new Stop(EXIT.diagnostics, pipeline.left.map((one) => ({ ...one, labels })), new Map([...stage.sources, [text, text]]));
  }
  const { options: more } = compileOptions(options);
  const runOptions = { given: stage.facts, ...(more.verify === undefined ? {} : { verify: true }), ...(more.dump === undefined ? {} : { dump: more.dump }) };
  const result = runPipeline(pipeline.right, stage.program, runOptions)(stage.env);
  if (E.isLeft(result)) throw new Stop(EXIT.diagnostics, [...stage.notes, ...result.left], stage.sources);
  complain(stage.notes, stage.sources);
  out(print(result.right, stage.env));
  return EXIT.ok;
};

export const addPasses = (program: Command, run: (code: () => number | Promise<number>) => Promise<void>): void => {
  program.command("passes").description("List the passes of the compiler with what each requires and provides.")
    .option("--json", "as JSON")
    .action((options: { readonly json?: true }) => run(() => listPasses(options)));
  compiling(program.command("run-passes <file>").description("Run passes on a program, or on a stage that --dump wrote, and print the result as notation."))
    .requiredOption("--passes <list>", "their names, with commas between: infer,choose-losses")
    .action((file: string, options: CommonOptions & { readonly passes: string }) => run(() => runPasses(file, options)));
};
