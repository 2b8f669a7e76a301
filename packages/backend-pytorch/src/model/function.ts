/** Macros and composed functions as Python: an `nn.Module` where there are parameters, else a plain function. */
import { operandsOf, read } from "@sequent/ir";
import type { CallId, NodeId, Operand } from "@sequent/ir";
import { atom, quoted } from "./code.js";
import type { Code } from "./code.js";
import { outsOf, printBody, wholeInputs } from "./body.js";
import type { Callee, Reading, Surroundings } from "./body.js";
import { ownerIn, ownerOf, relative, useOf, usesOf } from "./use.js";
import { customOf } from "./custom.js";
import type { Custom } from "./custom.js";
import { returning } from "./definition.js";
import { callAt, drawsIn, statementAt, timesDraws } from "./emission.js";
import type { Emission } from "./emission.js";
import { createNames, identifier } from "./identifier.js";
import { noStepMethods } from "../time/extract-step.js";
import type { StepMethods } from "../time/extract-step.js";
import { withGiven } from "../time/functions.js";
import type { Names } from "./identifier.js";
import { mentions } from "./mentions.js";
import type { Item } from "./scope.js";

/** A class or function that has been printed, to be used again where the text is the same. */
export interface Definition {
  readonly name: string;
  readonly text: string;
  readonly isModule: boolean;
  /** It is told what its draws are called, for others draw by the same text. */
  readonly isTold?: boolean;
  /** The methods that its loops call, if it goes through sequences itself; null: it has none, and can be compiled as one. */
  readonly steps: StepMethods | null;
  /** Its attributes that are modules, and how they are made. */
  readonly attributes: Attributes;
  /** What it is given beside its arguments. */
  readonly beside: readonly string[];
}
export interface Definitions {
  /** Whatever is printed, innermost first. */
  readonly list: Definition[];
  readonly names: Names;
  readonly ofCall: Map<CallId, Definition>;
}
/** What stands beside the program's functions in `model.py`, and is looked up there by its name. */
const TAKEN = ["Model", "States", "Carry", "carried", "counts", "Step", "losses", "metrics", "optimizer", "before_step", "after_step", "make_slots", "step"];

export const noDefinitions = (): Definitions => ({ list: [], names: createNames(TAKEN), ofCall: new Map() });

/** Modules that a scope's `__init__` makes: attribute and constructor, in the order of first use. */
export type Attributes = Map<string, string>;

const indent = (lines: readonly string[], by: number): string[] => lines.map((line) => (line === "" ? "" : " ".repeat(by) + line));

/** The attributes that items need: modules of parametrised ops, and of nested functions. */
export const attributesOf = (emission: Emission, definitions: Definitions, around: Surroundings, items: readonly Item[], reading: Reading): Attributes => {
  const attributes: Attributes = new Map();
  /** Functions of which there are copies, which move toward them even if nothing else applies them. */
  const copied: Attributes = new Map();
  const add = (item: Item, instance: string, construct: string): void => {
    const isCopy = usesOf(emission, item, around.scope).includes("copies");
    // A lagged copy is moved by us alone.
    attributes.set(relative(around.instance, instance), `${construct}${isCopy ? ".requires_grad_(False)" : ""}`);
    const original = isCopy ? originalOf(emission, instance) : null;
    if (original !== null) copied.set(relative(around.instance, original), construct);
  };
  for (const item of items) {
    if (item.tag === "call") {
      const definition = definitions.ofCall.get(item.id);
      if (definition?.isModule !== true) continue;
      const { instance } = callAt(emission.program, item.id);
      add(item, instance, `${definition.name}(${definition.isTold === true ? quoted(drawsAs(emission, instance)) : ""})`);
      continue;
    }
    const owner = ownerOf(emission, item.id);
    const node = emission.program.nodes[item.id];
    const loop = emission.time.loopOf(item.id);
    if (loop !== null && emission.cellOf(loop) !== null) continue;
    if (owner === null || node?.tag !== "op") continue;
    const module = emission.lowerings.get(node.op)?.module;
    if (module !== undefined) add(item, owner, module(useOf(emission, around, item, reading)).construct);
  }
  for (const [name, construct] of copied) if (!attributes.has(name)) attributes.set(name, construct);
  for (const [name, construct] of rewritten(emission, around, items, attributes)) attributes.set(name, construct);
  return withHolders(emission, definitions, around.instance, attributes);
};

/** The modules of functions whose parameters are read in pieces: they are made as the program has them. */
const rewritten = (emission: Emission, around: Surroundings, items: readonly Item[], made: Attributes): Attributes => {
  const found: Attributes = new Map();
  if (!emission.time.isWhole(around.scope) || emission.time.loops.length === 0) return found;
  const { written } = emission;
  const wanted = new Set<string>();
  const seen = new Set<NodeId>();
  const stack: NodeId[] = items.flatMap((item) => (item.tag === "node" ? [item.id] : []));
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    const node = emission.program.nodes[id];
    if (node === undefined || seen.has(id)) continue;
    seen.add(id);
    if (node.tag === "param") { const name = emission.program.params[node.param]?.name ?? ""; wanted.add(name.slice(0, name.lastIndexOf("."))); }
    else if ((emission.program.callOf[id] ?? null) === around.scope) stack.push(...operandsOf(node).map((x) => x.node));
  }
  written.nodes.forEach((node, id) => {
    const owner = ownerIn(written, id);
    if (node.tag !== "op" || owner === null || !wanted.has(owner) || made.has(relative(around.instance, owner)) || found.has(relative(around.instance, owner))) return;
    const module = emission.lowerings.get(node.op)?.module;
    if (module === undefined) return;
    const types = node.ins.flatMap((x) => written.types?.[x.node]?.[0] ?? []);
    const [type] = written.types?.[id] ?? [];
    if (type === undefined) return;
    const none = node.ins.map(() => atom(""));
    found.set(relative(around.instance, owner), module({
      attrs: { ...emission.defaults(node.op), ...node.attrs }, ins: () => none, types, type, batched: [], leads: [], shared: [], lead: 1, over: [], selected: [], mayLack: [], laterBy: 0,
      valid: () => null, overBatch: false, repeated: (x) => x, seen: () => null, source: () => null, meanOf: () => null, live: [], module: null, random: emission.options.random, needs: () => undefined,
      rows: "", steps: () => "", clock: () => null,
    }).construct);
  });
  return found;
};

/** Functions of functions that stand in no module of their own here: a module that holds them, `Enc` for `Enc.R`. */
const withHolders = (emission: Emission, definitions: Definitions, instance: string, attributes: Attributes): Attributes => {
  const nested = new Map<string, Attributes>();
  for (const [name, construct] of attributes) {
    const [first = "", ...rest] = name.split(".");
    if (rest.length > 0) nested.set(first, (nested.get(first) ?? new Map<string, string>()).set(rest.join("."), construct));
  }
  if (nested.size === 0) return attributes;
  const made: Attributes = new Map();
  for (const [name, construct] of attributes) {
    const [first = "", ...rest] = name.split(".");
    if (rest.length === 0) made.set(name, construct);
    else if (!made.has(first)) made.set(first, `${holder(emission, definitions, instance === "" ? first : `${instance}.${first}`, nested.get(first) ?? new Map<string, string>())}()`);
  }
  return made;
};
const holder = (emission: Emission, definitions: Definitions, instance: string, attributes: Attributes): string => {
  const inner = withHolders(emission, definitions, instance, attributes);
  const of = emission.program.calls.find((call) => call.instance === instance && call.override?.tag !== "transform")?.of ?? instance;
  const textFor = (name: string): string =>
    [`class ${name}(nn.Module):`, ...indent([`"""The parameters of ${of}, which is computed where it is applied."""`, "", ...initLines(inner)], 4)].join("\n");
  const known = definitions.list.find((one) => one.text === textFor(one.name));
  if (known !== undefined) return known.name;
  const name = definitions.names.take(className(of));
  definitions.list.push({ name, text: textFor(name), isModule: true, steps: noStepMethods(), attributes: new Map(), beside: [] });
  return name;
};

/** The function that a copy is of: `Q` for `Q_target`, by the names of their parameters, which end alike. */
const originalOf = ({ program }: Emission, instance: string): string | null => {
  for (const { name, of } of program.params) {
    const original = of === null || !name.startsWith(`${instance}.`) ? undefined : program.params[of];
    if (original !== undefined) return original.name.slice(0, original.name.length - (name.length - instance.length));
  }
  return null;
};

/** The function whose name the streams of an instance's draws begin with: a copy draws what it is a copy of draws. */
const drawsAs = (emission: Emission, instance: string): string => originalOf(emission, instance) ?? instance;

/** Lines in which draws are called by what the module is told. */
const told = (lines: readonly string[], name: string): string[] => lines.map((line) => (line.trimStart().startsWith("#") ? line : line.replaceAll(`"${name}.`, 'f"{self.stream}.')));

export const initLines = (attributes: Attributes, isTold = false): string[] => [
  `def __init__(self${isTold ? ", stream: str" : ""}) -> None:`,
  "    super().__init__()",
  ...(isTold ? ["    self.stream = stream"] : []),
  ...[...attributes].map(([name, construct]) => `    self.${name} = ${construct}`),
];

/** Prints the functions that a scope calls, innermost first (the nesting of macros is shallow). */
export const defineFunctions = (emission: Emission, definitions: Definitions, scope: CallId | null): void => {
  for (const item of emission.scopes.itemsOf(scope)) {
    if (item.tag !== "call" || definitions.ofCall.has(item.id)) continue;
    defineFunctions(emission, definitions, item.id);
    definitions.ofCall.set(item.id, define(emission, definitions, item.id));
  }
};

const define = (outer: Emission, definitions: Definitions, id: CallId): Definition => {
  const { program } = outer;
  const call = callAt(program, id);
  const alone = outer.gradients.has(id) ? customOf(outer, id) : null;
  if (alone !== null) return { name: `${defineGradient(definitions, alone, call.of)}.apply`, text: "", isModule: false, steps: null, attributes: new Map(), beside: [] };
  const items = outer.scopes.itemsOf(id);
  const isSequence = outer.time.isWhole(id);
  const emission = isSequence ? withGiven(outer, id, wholeInputs(program, id).map((x) => x.node)) : outer;
  // A function without weights is no module, and has no methods.
  const steps = isSequence && program.params.some((param) => param.name.startsWith(`${call.instance}.`)) ? noStepMethods() : null;
  const formalNames = createNames(["self", "lengths"]), inputs = isSequence ? wholeInputs(program, id) : call.ins;
  const named = isSequence ? inputs.map((x) => call.formals[call.ins.findIndex((given) => given.node === x.node)] ?? "x") : call.formals;
  const formals = named.map((formal) => formalNames.take(formal));
  const given = new Map<NodeId, Code>();
  const custom = customOf(emission, id);
  inputs.forEach((operand, k) => given.set(operand.node, atom(custom?.formals.includes(k) === true ? `${formals[k] ?? "x"}.detach()` : (formals[k] ?? "x"))));
  const around: Surroundings = {
    scope: id, given, owner: "self.", instance: call.instance, reserved: ["self", "lengths", ...formals],
    callee: (inner, innerId) => calleeOf(definitions, "self.", call.instance, inner.instance, innerId), ...(steps === null ? {} : { steps }),
  };
  const body = printBody(emission, around, items, [...call.outs, ...(custom?.beside ?? [])]);
  const attributes = attributesOf(emission, definitions, around, items, body.reading);
  const isModule = attributes.size > 0;
  const outs = outsOf(call);
  const results = (outs.length > 0 ? outs.map((node) => read(node)) : call.outs).map((operand) => body.valueOf(operand).text);
  const gradient = custom === null ? null : printCustom(definitions, custom, call.of, formals, results, body.valueOf);
  const noise = drawsIn(emission, id) ? ["noise: Noise", ...(timesDraws(emission, id) ? ["t: Tensor | int"] : [])] : [];
  const beside = isSequence && mentions(body.lines, "lengths") ? ["lengths"] : [];
  const annotated = [...formals.map((formal) => `${formal}: Tensor`), ...noise, ...beside.map((name) => `${name}: Tensor`)].join(", ");
  const type = results.length === 1 ? "Tensor" : `tuple[${results.map(() => "Tensor").join(", ")}]`;
  const title = docstring(emission, call.of, call.span.from);
  const statements = returning(body.lines, gradient === null ? results : [gradient]);
  const stream = drawsAs(emission, call.instance);
  const written = (isTold: boolean): string[] => [...initLines(attributes, isTold), "", ...(steps?.texts() ?? []).flatMap((lines) => [...lines, ""])];
  // Of functions that draw, each instance has streams of its own: one class of several is told whose.
  const several = isModule && program.calls.some((other) => other.of === call.of && other.override?.tag !== "transform" && drawsAs(emission, other.instance) !== stream);
  const isTold = several && [...written(false), ...statements].some((line) => !line.trimStart().startsWith("#") && line.includes(`"${stream}.`));
  const draws = isTold ? (lines: readonly string[]) => told(lines, stream) : (lines: readonly string[]) => lines;
  const textFor = (name: string): string =>
    (isModule
      ? [
          `class ${name}(nn.Module):`, ...indent([`"""${title}"""`, "", ...draws(written(isTold)), `def forward(${["self", ...(annotated === "" ? [] : [annotated])].join(", ")}) -> ${type}:`], 4),
          ...indent(draws(statements), 8),
        ]
      : [`def ${name}(${annotated}) -> ${type}:`, ...indent([`"""${title}"""`, ...statements], 4)]
    ).join("\n");
  const wanted = isModule ? className(call.of) : functionName(call.of);
  const known = definitions.list.find((one) => one.text === textFor(one.name));
  if (known !== undefined) return known;
  const name = definitions.names.take(wanted);
  const definition = { name, text: textFor(name), isModule, isTold, steps: isSequence ? (steps ?? noStepMethods()) : null, attributes, beside };
  definitions.list.push(definition);
  return definition;
};

/** Prints the class of a custom gradient, and gives the expression that applies it to the results. */
const printCustom = (
  definitions: Definitions, custom: Custom, of: string, formals: readonly string[], results: readonly string[], valueOf: (x: Operand) => Code,
): string => {
  const name = defineGradient(definitions, custom, of);
  const overridden = [...custom.formals.map((place) => formals[place] ?? "x"), ...custom.params.map((node) => valueOf(read(node)).text)];
  const saved = custom.beside.map((value) => valueOf(value).text.replace(/\.detach\(\)$/, ""));
  return `${name}.apply(${[...results, ...overridden, ...saved].join(", ")})`;
};

const defineGradient = (definitions: Definitions, custom: Custom, of: string): string => {
  const known = definitions.list.find((one) => one.text === custom.text(one.name));
  const name = known?.name ?? definitions.names.take(`${className(of)}Gradient`);
  if (known === undefined) definitions.list.push({ name, text: custom.text(name), isModule: false, steps: null, attributes: new Map(), beside: [] });
  return name;
};

/** How a scope calls a function: a module by its attribute, a plain function by its name. */
export const calleeOf = (definitions: Definitions, owner: string, instance: string, inner: string, id: CallId): Callee => {
  const definition = definitions.ofCall.get(id);
  return { path: definition === undefined || definition.isModule ? `${owner}${relative(instance, inner)}` : definition.name, beside: definition?.beside ?? [] };
};

const className = (of: string): string => {
  const name = identifier(of);
  return name.charAt(0).toUpperCase() + name.slice(1);
};
const functionName = (of: string): string => identifier(of.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase());

/** The line that defines the function, if it can be found in the text; else the use. */
const docstring = (emission: Emission, of: string, from: number): string => {
  const { source } = emission.options;
  const header = new RegExp(`^[ \\t]*${of}[ \\t]*(:|:=).*$`, "m").exec(source);
  const text = header === null ? statementAt(source, from) : statementAt(source, header.index + header[0].length);
  return text.replaceAll("\\", "\\\\").replaceAll('"""', "'''").replace(/"$/, '" ');
};
