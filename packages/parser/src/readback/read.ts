/** Printed stages read back: the inverse of `print`, on top of the notation's own parser. */
import { invariant, vocabularyOf } from "@sequent/ir";
import type { CallId, Diagnostics, Domain, Env, Node, Program, Span, TensorType, Varies } from "@sequent/ir";
import * as E from "fp-ts/lib/Either.js";
import type { Either } from "fp-ts/lib/Either.js";
import { isNonEmpty } from "fp-ts/lib/Array.js";
import { parse } from "../syntax/parse.js";
import { printTarget } from "../syntax/print.js";
import type { Directive, Expr, Statement } from "../syntax/tree.js";
import type { Scope } from "./equations.js";
import { identOf, nodeFrom } from "./equations.js";
import { emptyTables, namesOf, readParams, readTable } from "./tables.js";
import { createReport, intervalOf, numberOf, spaceOf, typeOf } from "./values.js";
import type { Report } from "./values.js";

interface Equation {
  readonly ident: string;
  readonly right: Expr;
  readonly span: Span;
}

const equationOf = (s: Statement): Equation | null => {
  if (s.tag !== "flow" || s.head.length !== 1 || s.links.length !== 1) return null;
  const [right] = s.head, [link] = s.links;
  if (right === undefined || link?.tag !== "into" || link.through !== null || link.targets.length !== 1) return null;
  const [target] = link.targets;
  return target === undefined ? null : { ident: identOf(target), right, span: s.span };
};

/** The columns as they stand where an equation is read. */
interface Columns {
  readonly callOf: (CallId | null)[];
  readonly varies: Varies[];
  readonly domains: Domain[];
  readonly types: (readonly TensorType[])[];
}

const STATIC: Varies = { space: { tag: "static" }, time: false };

/** Equations, and the directives that stand among them; the others are handed on. */
const readEquations = (statements: readonly Statement[], scope: Scope, columns: Columns, rest: (line: Directive) => void): readonly Node[] => {
  const { report } = scope;
  const nodes: Node[] = [];
  let within: CallId | null = null;
  let varies: Varies = STATIC;
  let steps: Domain["time"] = null;
  const among = (line: Directive): void => {
    const [first, second] = line.args.map((arg) => arg.value);
    switch (line.name) {
      case "within":
        within = first === undefined ? null : numberOf(first, report);
        return;
      case "varies":
        varies = { space: spaceOf(first, line.span, report), time: second !== undefined };
        return;
      case "domain":
        steps = first === undefined ? null : intervalOf(first, report);
        return;
      case "type":
        columns.types[nodes.length - 1] = line.args.map((arg) => typeOf(arg.value, report));
        return;
      case "stage":
      case "param":
        return;
      default:
        rest(line);
    }
  };
  for (const s of statements) {
    if (s.tag === "directive") among(s);
    const equation = equationOf(s);
    if (equation === null) {
      if (s.tag !== "directive") report.wrong(s.span, "expected an equation, as in `a + b -> c`, or a table's row");
      continue;
    }
    nodes.push(nodeFrom(equation.right, scope));
    columns.callOf.push(within);
    columns.varies.push(varies);
    columns.domains.push({ space: varies.space, time: steps });
    columns.types.push([]);
  }
  return nodes;
};

const stageOf = (statements: readonly Statement[]): ReadonlySet<string> => {
  const line = statements.find((s) => s.tag === "directive" && s.name === "stage");
  if (line?.tag !== "directive") return new Set();
  return new Set(line.args.flatMap(({ value }) => (value.tag === "name" ? [printTarget(value)] : [])));
};

const identsOf = (statements: readonly Statement[], report: Report): readonly Equation[] => {
  const seen = new Set<string>();
  return statements.flatMap((s) => {
    const equation = equationOf(s);
    if (equation === null) return [];
    if (seen.has(equation.ident)) report.wrong(s.span, `${equation.ident} is defined twice`);
    seen.add(equation.ident);
    return [equation];
  });
};

const isDirective = (s: Statement): s is Directive => s.tag === "directive";

/** The program that was printed; spans are those of the printed text. Linear time. */
export const readProgram = (text: string, env: Env, file = ""): Either<Diagnostics, Program> => {
  const parsed = parse(text, file);
  const errors = parsed.diagnostics.filter((d) => d.severity === "error");
  if (isNonEmpty(errors)) return E.left(errors);
  const { statements } = parsed.program;
  const report = createReport();
  const stage = stageOf(statements);
  const equations = identsOf(statements, report);
  const params = readParams(statements.filter(isDirective).filter((s) => s.name === "param"), report);
  const scope: Scope = {
    env, words: vocabularyOf(env), report,
    nodes: new Map(equations.map(({ ident }, id) => [ident, id] as const)),
    params: new Map(params.map(({ name }, id) => [name, id] as const)),
  };
  const columns: Columns = { callOf: [], varies: [], domains: [], types: [] };
  const tables = emptyTables();
  const nodes = readEquations(statements, scope, columns, (line) => { readTable(line, tables, scope); });
  if (stage.size === 0 && !statements.some((s) => isDirective(s) && s.name === "stage")) {
    report.wrong(parsed.program.span, "this is no printed stage: it lacks the line `@stage`");
  }
  if (isNonEmpty(report.found)) return E.left(report.found);
  invariant(nodes.length === equations.length, "each equation is one row");
  const spans = equations.map(({ span }) => span);
  const isOwn = (id: number): boolean => {
    const node = nodes[id];
    return node?.tag !== "param" || params[node.param]?.name !== equations[id]?.ident;
  };
  const { calls, resources, declared, objectives, metrics, treatments, directives, sinks, updates, loss, schedule, needed } = tables;
  return E.right({
    nodes, callOf: columns.callOf, spans, names: namesOf(equations.map((e) => e.ident), isOwn, spans, tables), params,
    calls, resources, declared, objectives, metrics, treatments, directives, sinks,
    ...(stage.has("types") && { types: columns.types }),
    ...(stage.has("varies") && { varies: columns.varies }),
    ...(stage.has("domains") && { domains: columns.domains }),
    ...(stage.has("updates") && { updates }),
    ...(stage.has("loss") && { loss }),
    ...(stage.has("schedule") && { schedule: { steps: schedule, needed: nodes.map((_, id) => needed.get(id) ?? null) } }),
  });
};
