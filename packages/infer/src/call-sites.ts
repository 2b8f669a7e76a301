/** Where what is wrong inside a macro or a composed function was called from. */
import { operandsOf } from "@sequent/ir";
import type { Call, Clash, Label, NodeId, ParamId, Program } from "@sequent/ir";

/** Of several other calls nobody reads more than these. */
const MOST = 3;

/** The applications of macros and composed functions around a node, the innermost first. */
const callsAround = (program: Program, id: NodeId): readonly Call[] => {
  const calls: Call[] = [];
  for (let at = program.callOf[id] ?? null; at !== null;) {
    const call = program.calls[at];
    if (call === undefined) break;
    if (call.override?.tag !== "transform") calls.push(call);
    at = call.parent;
  }
  return calls;
};

const paramsOf = (program: Program, id: NodeId): readonly ParamId[] => {
  const node = program.nodes[id];
  return node?.tag !== "op" ? [] : operandsOf(node).flatMap((x) => {
    const read = program.nodes[x.node];
    return read?.tag === "param" ? [read.param] : [];
  });
};

/**
 * Labels for the calls around the place of a conflict, for those that one of its facts was `said` in, and for those that use its parameters, too,
 * and so have a say in their sizes.
 */
export const callSites = (program: Program, { at, said, texts }: Clash): readonly Label[] => {
  const around = callsAround(program, at), params = new Set(paramsOf(program, at));
  const labels = new Map(around.map((call) => [call, `in this call of \`${call.of}\``]));
  const add = (id: NodeId, text: (of: string) => string): void => {
    const call = callsAround(program, id).at(-1);
    if (call !== undefined && !labels.has(call) && labels.size < around.length + MOST) labels.set(call, text(call.of));
  };
  said.forEach((place, k) => { add(place, (of) => `${texts[k] ?? "it"} comes from this call of \`${of}\``); });
  if (around.length > 0 && params.size > 0) {
    program.nodes.forEach((_, id) => {
      if (paramsOf(program, id).some((param) => params.has(param))) add(id, (of) => `this call of \`${of}\` has the same parameters`);
    });
  }
  return [...labels].map(([call, text]) => ({ at: call.span, text }));
};
