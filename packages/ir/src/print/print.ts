/** A program at any stage as notation, which `readProgram` reads back. */
import type { Env } from "../pass.js";
import type { Domain, Program, Varies } from "../program.js";
import { printNode, printTypes } from "./equations.js";
import { namingOf } from "./names.js";
import { printParam, printTables } from "./tables.js";
import { printDomain, printSpace } from "./values.js";
import { vocabularyOf } from "./words.js";

const printVaries = (varies: Varies): string => (varies.time ? `${printSpace(varies.space)} steps` : printSpace(varies.space));

/** Which optional parts there are: an empty column is not a missing one. */
const printStage = (program: Program): string => {
  const present = [
    program.types === undefined ? "" : "types",
    program.varies === undefined ? "" : "varies",
    program.domains === undefined ? "" : "domains",
    program.updates === undefined ? "" : "updates",
    program.loss === undefined ? "" : "loss",
    program.schedule === undefined ? "" : "schedule",
  ].filter((word) => word !== "");
  return ["@stage", ...present].join(" ");
};

/**
 * The parameters, then one equation a line, then the other tables as directives. Equations are in the order of their ids; `@within`,
 * `@varies` and `@domain` hold from where they stand to the next one. Linear; spans are not printed.
 */
export const print = (program: Program, env: Env): string => {
  const naming = namingOf(program);
  const words = vocabularyOf(env);
  const lines = [printStage(program), ...program.params.map((param) => printParam(program, param))];
  let within: number | null = null;
  let varies = "";
  let domain = "";
  const switchTo = (name: string, now: string, before: string): string => {
    if (now !== before) lines.push(`@${name} ${now}`.trimEnd());
    return now;
  };
  const columns = (id: number): void => {
    const call = program.callOf[id] ?? null;
    if (call !== within) lines.push(call === null ? "@within" : `@within ${String(call)}`);
    within = call;
    const own: Varies | undefined = program.varies?.[id];
    if (own !== undefined) varies = switchTo("varies", printVaries(own), varies);
    const steps: Domain | undefined = program.domains?.[id];
    if (steps !== undefined) domain = switchTo("domain", printDomain(steps), domain);
  };
  program.nodes.forEach((node, id) => {
    columns(id);
    lines.push(`${printNode(program, node, env, words, naming)} -> ${naming.target(id)}${printTypes(program, id)}`);
  });
  return `${[...lines, ...printTables(program, naming)].join("\n")}\n`;
};
