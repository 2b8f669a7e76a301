/**
 * `^y -> ^x` of a macro as a `torch.autograd.Function` that stands behind the body: forward it passes the results on, backward it gives
 * their gradient to the body as ever, and to x what the macro says. The body itself reads x detached.
 */
import { demandOrder, operandsOf, read } from "@sequent/ir";
import type { CallId, NodeId, Operand } from "@sequent/ir";
import { atom } from "./code.js";
import type { Code } from "./code.js";
import { outsOf, printBody } from "./body.js";
import { callAt, createEmission } from "./emission.js";
import type { Emission } from "./emission.js";
import { createNames } from "./identifier.js";
import { isInline } from "./scope.js";

export interface Custom {
  /** Formals (their places) and parameters (their nodes) whose gradient is the macro's own. */
  readonly formals: readonly number[];
  readonly params: readonly NodeId[];
  /** Values of the body that the gradients are computed from. */
  readonly saved: readonly NodeId[];
  readonly results: readonly Operand[];
  /** The class, given its name. */
  readonly text: (name: string) => string;
}

export const customOf = (emission: Emission, id: CallId): Custom | null => {
  const { program } = emission;
  const call = callAt(program, id);
  const { override } = call;
  if (override?.tag !== "custom") return null;
  const overridden = override.ins.flatMap((gradient, place) => (gradient === null ? [] : [{ gradient, place }]));
  const results = [...overridden.map((one) => one.gradient), ...override.params.map((one) => one.gradient)];
  const params = override.params.map(({ param }) => program.nodes.findIndex((node) => node.tag === "param" && node.param === param));
  const order = demandOrder(program.nodes, results);
  const seeds = new Set<NodeId>(override.seeds);
  const dependent = new Set<NodeId>(seeds);
  for (const node of order) if (operandsOf(program.nodes[node] ?? { tag: "input", name: "" }).some((operand) => dependent.has(operand.node))) dependent.add(node);
  const formalNodes = new Map(call.ins.map((operand, place) => [operand.node, place]));
  const saved = new Set<NodeId>();
  for (const node of dependent) {
    for (const operand of operandsOf(program.nodes[node] ?? { tag: "input", name: "" })) {
      const made = program.nodes[operand.node];
      const isConstant = made === undefined || (made.tag !== "input" && made.tag !== "param" && isInline(made, emission.lowerings));
      if (!dependent.has(operand.node) && !isConstant) saved.add(operand.node);
    }
  }
  for (const { node } of results) if (!dependent.has(node) && !isInline(program.nodes[node] ?? { tag: "input", name: "" }, emission.lowerings)) saved.add(node);
  const given = [...saved];
  const text = (name: string): string => {
    const names = createNames(["ctx"]);
    const outs = outsOf(call);
    const outNames = outs.map((_, k) => names.take(outs.length === 1 ? "y" : `y_${String(k + 1)}`));
    const inputNames = [...overridden.map(({ place }) => names.take(call.formals[place] ?? "x")), ...params.map(() => names.take("weight"))];
    const savedNames = given.map((node) => names.take(formalNodes.has(node) ? `saved_${call.formals[formalNodes.get(node) ?? 0] ?? "x"}` : "saved"));
    const gradNames = outNames.map((out) => `grad_${out}`);
    const values = new Map<NodeId, Code>(given.map((node, k) => [node, atom(savedNames[k] ?? "saved")]));
    override.seeds.forEach((seed, k) => {
      const place = outs.indexOf(call.outs[k]?.node ?? -1);
      values.set(seed, atom(gradNames[Math.max(place, 0)] ?? "grad_y"));
    });
    const wanted = order.filter((node) => dependent.has(node) && !seeds.has(node));
    const still = { live: new Uint8Array(program.nodes.length), kept: new Set<NodeId>() };
    const inner = createEmission(program, emission.env, emission.options, emission.lowerings, emission.transforms, wanted, emission.time, still);
    const items = inner.scopes.itemsOf(id);
    const body = printBody(inner, { scope: id, given: values, owner: "self.", instance: call.instance, callee: () => ({ path: "", beside: [] }), reserved: [...savedNames, ...gradNames] }, items, results);
    const gradients = results.map((result) => body.valueOf(result).text);
    const returned = [...gradNames, ...gradients, ...given.map(() => "None")].join(", ");
    const forwarded = [...outNames, ...inputNames, ...savedNames];
    return [
      `class ${name}(torch.autograd.Function):`,
      `    """The gradient that ${call.of} states for itself."""`, "",
      "    @staticmethod",
      `    def forward(ctx, ${forwarded.join(", ")}):`,
      ...(given.length > 0 ? [`        ctx.save_for_backward(${savedNames.join(", ")})`] : []),
      `        return ${outNames.map((out) => `${out}.view_as(${out})`).join(", ")}`, "",
      "    @staticmethod",
      `    def backward(ctx, ${gradNames.join(", ")}):`,
      ...(given.length > 0 ? [`        ${savedNames.length === 1 ? `(${savedNames[0] ?? ""},)` : savedNames.join(", ")} = ctx.saved_tensors`] : []),
      ...body.lines.map((line) => `        ${line}`),
      `        return ${returned}`,
    ].join("\n");
  };
  return { formals: overridden.map((one) => one.place), params, saved: given, results: given.map((node) => read(node)), text };
};
