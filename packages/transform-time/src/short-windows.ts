/** Windows that look too little ahead: what the next window reads of this one is not there. */
import { diagnose, horizonDirective, horizonOf, operandsOf } from "@sequent/ir";
import type { Diagnostic, Directive, Domain, Fix, Horizon, NodeId, Operand, Program } from "@sequent/ir";
import * as D from "./diagnostics.js";
import { localName, printRead } from "./speech.js";
import type { Speech } from "./speech.js";

/** How many steps more than it does a window would have to look ahead for a read, which goes back into the window before. */
const lacksAhead = ({ node, at: context }: Operand, at: (id: NodeId) => Domain, { ahead }: Horizon): number => {
  const upper = at(node).time?.upper, first = context.tag === "at" ? context.time : context.tag === "range" ? context.on.lower : null;
  if (first === null || upper?.from !== "T") return 0;
  const looksBack = (first.from === "t" && first.plus < 0) || (first.from === "0" && context.tag === "range" && context.on.upper.from !== "0");
  return looksBack ? Math.max(0, -upper.plus - ahead) : 0;
};

const mend = ({ span, written }: Directive, ahead: number): readonly Fix[] => {
  const own = written?.["ahead"], text = `ahead=${String(ahead)}`;
  return [{ title: `look ahead: \`${text}\``, edits: [own === undefined ? { at: { ...span, from: span.to }, text: ` ${text}` } : { at: own, text }], unsafe: false }];
};

/** `longest`: the last step of the longest sequence, where the data are known; one window that holds all of it carries nothing. */
export const shortWindows = (program: Program, at: (id: NodeId) => Domain, longest: number | null, speech: Speech): readonly Diagnostic[] => {
  const horizon = horizonOf(program), directive = horizonDirective(program);
  if (horizon === null || directive === null || (longest !== null && longest <= horizon.back)) return [];
  const reads = program.nodes.flatMap((node, id) => operandsOf(node).map((x) => ({ id, x, lacks: lacksAhead(x, at, horizon) })));
  const [worst] = reads.filter(({ lacks }) => lacks > 0).sort((a, b) => b.lacks - a.lacks);
  if (worst === undefined) return [];
  const { x, lacks, id } = worst, name = speech.nameOf(x.node), ahead = horizon.ahead + lacks;
  const shown = name === null ? "a value" : `\`${localName(name)}\``;
  return [diagnose(D.shortWindow, `${name === null ? "a value" : `\`${printRead(localName(name), x.at)}\``} reaches back into the window before, which ends without ${lacks === 1 ? "its last value" : `its last ${String(lacks)} values`}`,
    [{ at: x.span ?? speech.spanOf(id), text: "read here" }, { at: speech.spanOf(x.node), text: `${shown} looks ahead here` }, { at: directive.span, text: `windows look ${String(horizon.ahead)} steps ahead` }],
    { help: `\`ahead=${String(ahead)}\` lets a window see the steps that ${shown} needs.`, fixes: mend(directive, ahead) })];
};
