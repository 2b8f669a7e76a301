/**
 * Lagged copies as modules of their own: `target(Q)` applies `self.Q_target`. Parameters (`Q.P_1.weight.target`) and calls get the names that
 * they have in Python (`Q_target.P_1.weight`), so that nothing later needs to know.
 */
import type { Call, CallId, Program } from "@sequent/ir";
import type { TransformLowerings } from "../lowerings/transform.js";
import { defineFunction } from "./definition.js";
import type { FunctionText } from "./definition.js";
import { attributePath } from "./identifier.js";

export interface Named {
  readonly program: Program;
  /** Python's names of the parameters that are called otherwise there, by their qualified names. */
  readonly renamed: ReadonlyMap<string, string>;
}

const isCopying = (call: Call | undefined, transforms: TransformLowerings): boolean =>
  call?.override?.tag === "transform" && transforms.get(call.override.transform)?.use === "copies";

/** The names of parameters and functions as Python can write them: of copies, and of what is called `None`. */
export const nameForPython = (program: Program, transforms: TransformLowerings): Named => {
  const named = nameCopies(program, transforms);
  const renamed = new Map(program.params.flatMap(({ name }) => {
    const ours = attributePath(named.renamed.get(name) ?? name);
    return ours === name ? [] : [[name, ours]];
  }));
  const calls = named.program.calls.map((call) => ({ ...call, instance: attributePath(call.instance) }));
  return { renamed, program: { ...named.program, params: named.program.params.map((param) => ({ ...param, name: attributePath(param.name) })), calls } };
};

const nameCopies = (program: Program, transforms: TransformLowerings): Named => {
  const renamed = new Map<string, string>();
  if (!program.calls.some((call) => isCopying(call, transforms))) return { program, renamed };
  const copyingAround = (id: CallId | null): CallId | null => {
    for (let at = id; at !== null; at = program.calls[at]?.parent ?? null) if (isCopying(program.calls[at], transforms)) return at;
    return null;
  };
  /** The instance of the function that the use stands in. */
  const home = (id: CallId): string => {
    for (let at = program.calls[id]?.parent ?? null; at !== null; at = program.calls[at]?.parent ?? null) {
      const call = program.calls[at];
      if (call !== undefined && call.override?.tag !== "transform") return `${call.instance}.`;
    }
    return "";
  };
  const suffixOf = new Map<CallId, string>();
  const marked = (name: string, wrapper: CallId, suffix: string): string => {
    const prefix = home(wrapper);
    const [first = "", ...rest] = name.slice(name.startsWith(prefix) ? prefix.length : 0).split(".");
    return `${name.startsWith(prefix) ? prefix : ""}${[`${first}_${suffix}`, ...rest].join(".")}`;
  };
  program.nodes.forEach((node, id) => {
    const wrapper = copyingAround(program.callOf[id] ?? null);
    if (wrapper === null || node.tag !== "op") return;
    for (const operand of node.ins) {
      const read = program.nodes[operand.node];
      const param = read?.tag === "param" ? program.params[read.param] : undefined;
      if (param?.role !== "copy") continue;
      const parts = param.name.split(".");
      const suffix = parts.at(-1) ?? "";
      suffixOf.set(wrapper, suffix);
      renamed.set(param.name, marked(parts.slice(0, -1).join("."), wrapper, suffix));
    }
  });
  return {
    renamed,
    program: {
      ...program,
      params: program.params.map((param) => ({ ...param, name: renamed.get(param.name) ?? param.name })),
      calls: program.calls.map((call) => {
        const wrapper = copyingAround(call.parent);
        const suffix = wrapper === null ? undefined : suffixOf.get(wrapper);
        return wrapper === null || suffix === undefined ? call : { ...call, instance: marked(call.instance, wrapper, suffix) };
      }),
    },
  };
};

/** `after_step`: each copy moves toward the parameters it copies, after they have moved. */
export const printRenewals = (program: Program, transforms: TransformLowerings): readonly FunctionText[] => {
  const lines = program.params.flatMap((param) => {
    const live = param.of === null ? undefined : program.params[param.of];
    const renewal = param.renewedBy === null ? undefined : transforms.get(param.renewedBy.transform);
    if (live === undefined || renewal?.renew === undefined || param.renewedBy === null) return [];
    return renewal.renew(param.renewedBy.attrs, `model.${param.name}`, `model.${live.name}`);
  });
  if (lines.length === 0) return [];
  // One condition for all that it holds for.
  const merged = lines.filter((line, k) => !line.startsWith("if ") || lines[k - 2] !== line);
  const update = lines.some((line) => /\bupdate\b/.test(line));
  return [defineFunction({
    name: "after_step", decorator: "@torch.no_grad()", arguments: [["model", "Model"], update ? ["update", "int"] : null], returns: "None",
    doc: "Renews the lagged copies.", lines: merged,
  })];
};
