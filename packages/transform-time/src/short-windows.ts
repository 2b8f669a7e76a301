/** Windows that are too short, or look too little ahead: what the next window reads of this one is not there. */
import { crossing, demandOrder, diagnose, existenceOf, FIRST_STEP, horizonDirective, horizonOf, operandsOf, read } from "@sequent/ir";
import type { Diagnostic, Directive, Domain, Fix, Horizon, NodeId, Operand, Program } from "@sequent/ir";
import * as D from "./diagnostics.js";
import { localName, printRead } from "./speech.js";
import type { Speech } from "./speech.js";

const domainIn = (program: Program) => (id: NodeId): Domain => program.domains?.[id] ?? { space: { tag: "static" }, time: null };

/** The first step of the data: of the inputs that the earliest begins with. */
export const firstOfData = (program: Program, at: (id: NodeId) => Domain = domainIn(program)): number => {
  const firsts = program.nodes.flatMap((node, id) => { const time = node.tag === "input" ? at(id).time : null; return time?.lower.from === "0" && time.upper.from === "T" ? [time.lower.plus] : []; });
  return firsts.length === 0 ? FIRST_STEP : Math.min(...firsts);
};

/** How many steps more than it does a window would have to look ahead for a read, which goes back into the window before. */
const lacksAhead = ({ node, at: context }: Operand, at: (id: NodeId) => Domain, { ahead, back }: Horizon, start: number): number => {
  const upper = at(node).time?.upper, first = context.tag === "at" ? context.time : context.tag === "range" ? context.on.lower : null;
  if (first === null || upper?.from !== "T") return 0;
  // A fixed step is kept by the window that it lies in.
  if (context.tag === "at" && first.from === "0") return Math.max(0, first.plus - (start - 1 + Math.ceil(Math.max(first.plus + 1 - start, 1) / back) * back + ahead + upper.plus));
  const looksBack = (first.from !== "0" && first.plus < 0) || (first.from === "0" && context.tag === "range" && context.on.upper.from !== "0");
  return looksBack ? Math.max(0, -upper.plus - ahead) : 0;
};

/** Another number in `@horizon`. */
export const otherWindows = ({ span, written }: Directive, key: "ahead" | "back", steps: number): readonly Fix[] => {
  const own = written?.[key], text = `${key}=${String(steps)}`;
  return [{ title: key === "ahead" ? `look ahead: \`${text}\`` : `longer windows: \`${text}\``, edits: [own === undefined ? { at: { ...span, from: span.to }, text: ` ${text}` } : { at: own, text }], unsafe: false }];
};

/** `longest`: the last step of the longest sequence, where the data are known; one window that holds all of it carries nothing. */
export const shortWindows = (program: Program, at: (id: NodeId) => Domain, longest: number | null, speech: Speech): readonly Diagnostic[] => {
  const horizon = horizonOf(program), directive = horizonDirective(program);
  const start = firstOfData(program, at);
  if (horizon === null || directive === null || (longest !== null && longest + 1 - start <= horizon.back)) return [];
  const reads = program.nodes.flatMap((node, id) => operandsOf(node).map((x) => ({ id, x, lacks: lacksAhead(x, at, horizon, start) })));
  const [worst] = reads.filter(({ lacks }) => lacks > 0).sort((a, b) => b.lacks - a.lacks);
  if (worst === undefined) return [];
  const { x, lacks, id } = worst, name = speech.nameOf(x.node), ahead = horizon.ahead + lacks;
  const shown = name === null ? "a value" : `\`${localName(name)}\``;
  return [diagnose(D.shortWindow, `${name === null ? "a value" : `\`${printRead(localName(name), x.at)}\``} reaches back into the window before, which ends without ${lacks === 1 ? "its last value" : `its last ${String(lacks)} values`}`,
    [{ at: x.span ?? speech.spanOf(id), text: "read here" }, { at: speech.spanOf(x.node), text: `${shown} looks ahead here` }, { at: directive.span, text: `windows look ${String(horizon.ahead)} steps ahead` }],
    { help: `\`ahead=${String(ahead)}\` lets a window see the steps that ${shown} needs.`, fixes: otherWindows(directive, "ahead", ahead) })];
};

/** Values that are read from the window before, and that the first window is too short for; `program` has domains. */
export const shortFirstWindow = (program: Program, longest: number | null, speech: Speech): readonly Diagnostic[] => {
  const horizon = horizonOf(program), directive = horizonDirective(program);
  const start = firstOfData(program);
  if (horizon === null || directive === null || (longest !== null && longest + 1 - start <= horizon.back)) return [];
  const end = start - 1 + horizon.back + horizon.ahead;
  if (end >= crossing(program).least) return [];
  const { least } = existenceOf(program, demandOrder(program.nodes, program.nodes.map((_, id) => read(id))), { from: end });
  const isLeft = ({ node, at }: Operand): boolean => program.nodes[node]?.tag !== "input" && (at.tag === "at" ? at.time.from === "0" || at.time.plus < 0 : at.tag === "range" && (at.on.lower.from === "0" || at.on.lower.plus < 0));
  const [worst] = program.nodes.flatMap((node, id) => operandsOf(node).flatMap((x) => (isLeft(x) && least(x.node) > end ? [{ id, x }] : []))).sort((a, b) => least(b.x.node) - least(a.x.node));
  if (worst === undefined) return [];
  const { x, id } = worst, name = speech.nameOf(x.node), back = least(x.node) + 1 - start - horizon.ahead;
  return [diagnose(D.shortFirstWindow, `${name === null ? "a value" : `\`${localName(name)}\``} is read from the window before, and the first window has none of it: it ends at step ${String(end)}`,
    [{ at: x.span ?? speech.spanOf(id), text: "read here" }, { at: speech.spanOf(x.node), text: "needs a later step, or another equation" }, { at: directive.span, text: `windows of ${String(horizon.back)} steps` }],
    { help: `With \`back=${String(back)}\` the first window has it.`, fixes: otherWindows(directive, "back", back) })];
};
