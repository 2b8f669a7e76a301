/** What went wrong, in the user's names: conflicts of facts, and values of which too little is known. */
import { diagnose, NOWHERE, operandsOf } from "@sequent/ir";
import type { Clash, Diagnostic, DiagnosticRecord, Env, Label, NodeId, Operand, Place, Program, Span } from "@sequent/ir";
import { printAxes } from "./arrays.js";
import { callSites } from "./call-sites.js";
import * as D from "./diagnostics.js";
import type { DataTypes, Unknowns } from "./unknowns.js";

/** How messages speak of nodes. */
export interface Speech {
  /** The user's name, or null. */
  readonly nameOf: (id: NodeId) => string | null;
  /** `X`, `+`, `dense`, `M_1.weight`: what stands at the node. */
  readonly what: (id: NodeId) => string;
}

export const speechOf = (program: Program, env: Env): Speech => {
  const names = new Map<NodeId, string>();
  for (const name of program.names) if (!names.has(name.node)) names.set(name.node, name.name);
  const nameOf = (id: NodeId): string | null => {
    const node = program.nodes[id];
    const param = node?.tag === "param" ? program.params[node.param] : undefined;
    return names.get(id) ?? param?.name ?? (node?.tag === "input" ? node.name : null);
  };
  const what = (id: NodeId): string => {
    const name = nameOf(id);
    const node = program.nodes[id];
    if (node?.tag !== "op") return name ?? "this";
    const notation = env.ops.get(node.op)?.notation;
    const symbol = notation?.tag === "call" ? notation.name : notation?.tag === "internal" ? null : notation?.symbol;
    return symbol === null || symbol === undefined ? (name ?? "this") : `\`${symbol}\``;
  };
  return { nameOf, what };
};

interface Told {
  readonly record: DiagnosticRecord;
  readonly message: string;
  readonly labels: readonly Label[];
  readonly help: string;
}

/** Each distinct conflict once, in the order found. */
export const blame = (program: Program, u: Unknowns, speech: Speech, scalars: ReadonlySet<Place>, data: DataTypes = new Map()): readonly Diagnostic[] => {
  const spanAt = (place: Place): Span => program.spans[place] ?? u.source(place).span ?? NOWHERE;
  const whatAt = (place: Place): string => (place < program.nodes.length ? speech.what(place) : u.source(place).what);
  const operandText = (x: Operand): string | null => {
    const name = speech.nameOf(x.node);
    return name === null ? null : `${name} is ${u.store.textOf(u.read(x))}`;
  };
  /** "X is [4], M.weight is [8, 5]": the named values at the place of the conflict. */
  const around = (place: Place): string => {
    const node = program.nodes[place];
    if (node === undefined) return "";
    const texts = operandsOf(node).slice(0, 6).map(operandText).filter((text) => text !== null);
    return texts.length === 0 ? "" : `${texts.join(", ")}.`;
  };
  const labelled = (clash: Clash, texts: (text: string) => string): readonly Label[] => {
    const labels: Label[] = [{ at: spanAt(clash.at), text: "they meet here" }];
    clash.said.forEach((place, k) => {
      const text = texts(clash.texts[k] ?? "");
      const at = spanAt(place);
      if (at === NOWHERE || at.file === "") return;
      const label = { at, text: `${text} comes from ${whatAt(place)}` };
      if (place === clash.at) labels[0] = label;
      else labels.push(label);
    });
    return labels;
  };

  /** What undeclared inputs are, if their arrays alone say so. */
  const arrays = (): string => {
    const known = new Set(program.declared.map((one) => one.node));
    const texts = program.nodes.flatMap((node, id): readonly string[] => {
      const array = node.tag === "input" && !known.has(id) ? data.get(node.name) : undefined;
      return node.tag !== "input" || array === undefined ? [] : [`${node.name} is ${printAxes(array, node.time === true)}`];
    });
    return texts.length === 0 ? "" : `By the data ${texts.slice(0, 6).join(", ")}.`;
  };

  const ofRank = (clash: Clash): Told => {
    const [a = "", b = ""] = clash.texts;
    if (scalars.has(clash.at)) return notScalar(clash, a === "[]" ? b : a);
    const labels = labelled(clash, (text) => text);
    const whole = `${whatAt(clash.at)} needs one shape, found ${a} and ${b}`;
    return { record: D.differentRanks, message: whole, labels, help: joinHelp(around(clash.at), arrays(), rankHelp(a, b)) };
  };
  const notScalar = (clash: Clash, shape: string): Told => ({
    record: D.objectiveNotScalar,
    message: `${whatAt(clash.at)} must be a scalar, found ${shape}`,
    labels: [{ at: spanAt(clash.at), text: `this has the shape ${shape}` }],
    help: "Index it with a class, as in `log(p[a])`, or reduce it with `sum` or `mean`.",
  });
  const ofSizes = (clash: Clash, record: DiagnosticRecord, noun: string): Told => {
    const [a = "", b = ""] = clash.texts;
    const [s, t] = clash.shapes;
    const shapes = s === undefined || t === undefined || s === t || s === `[${a}]` ? "" : ` (${s} and ${t})`;
    // A label tells where a size comes from, unless that is no text: an array.
    const from = clash.said.flatMap((place, k) => (spanAt(place).file === "" ? [`${clash.texts[k] ?? ""} comes from ${whatAt(place)}`] : []));
    return {
      record,
      message: `${whatAt(clash.at)}: the ${noun} ${a} and ${b} differ${shapes}`,
      labels: labelled(clash, (text) => text),
      help: joinHelp(around(clash.at), from.length === 0 ? "" : `${from.join(", ")}.`, arrays()),
    };
  };
  const tell = (clash: Clash): Told => {
    switch (clash.tag) {
      case "rank":
        return ofRank(clash);
      case "size":
        return ofSizes(clash, D.differentSizes, "sizes");
      case "classes":
        return ofSizes(clash, D.differentClasses, "numbers of classes");
      case "dtype": {
        const [a = "", b = ""] = clash.texts;
        const labels = labelled(clash, (text) => text);
        const help = `${around(clash.at)} A class is declared as in \`a : class[4]\`, or made by \`argmax\`.`.trim();
        return { record: D.wrongDtype, message: `${whatAt(clash.at)}: an ${b} is wanted, found ${a}`.replace("an float", "a float"), labels, help };
      }
      case "rule":
        return {
          record: D.badUse,
          message: clash.texts.join(" "),
          labels: [{ at: spanAt(clash.at), text: `in ${whatAt(clash.at)}` }],
          help: around(clash.at),
        };
    }
  };

  const seen = new Set<string>();
  const found: Diagnostic[] = [];
  for (const clash of u.store.clashes) {
    const told = tell(clash);
    const main = told.labels[0]?.at ?? NOWHERE;
    const key = `${told.message} ${main.file} ${String(main.from)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const sites = callSites(program, clash).filter(({ at }) => at.file !== "" && told.labels.every((one) => one.at.from !== at.from || one.at.to !== at.to));
    found.push(diagnose(told.record, told.message, [...told.labels, ...sites], { help: told.help }));
  }
  return found;
};

const joinHelp = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join(" ");

/** What to write where `[n]` meets `[n, 1]`, and generally. */
const rankHelp = (a: string, b: string): string => {
  const [few, many] = a.length <= b.length ? [a, b] : [b, a];
  const inner = few.slice(1, -1);
  if (many === `[${inner}, 1]` || many === `[1, ${inner}]`) {
    return `Only scalars are broadcast: write \`reshape(…, ${few})\` for the value of shape ${many}, or \`reshape(…, ${many})\` for the other.`;
  }
  return "Only scalars are broadcast: reshape one of them, or reduce an axis with `sum`, `mean` or `max`.";
};
