/**
 * `^y -> ^x` of a macro as a `torch.autograd.Function` that stands behind the body: forward it passes the results on, backward it gives
 * their gradient to the body as ever, and to x what the macro says. The body itself reads x detached.
 */
import { demandOrder, dependentOn, operandsOf, read } from "@sequent/ir";
import type { CallId, NodeId, Operand } from "@sequent/ir";
import { atom, literal } from "./code.js";
import type { Code } from "./code.js";
import { outsOf, printBody } from "./body.js";
import { callAt, createEmission } from "./emission.js";
import type { Emission } from "./emission.js";
import { createNames } from "./identifier.js";
import { WIDTH } from "./layout.js";
import { isInline } from "./scope.js";

export interface Custom {
  /** Formals (their places) and parameters (their nodes) whose gradient is the macro's own. */
  readonly formals: readonly number[];
  readonly params: readonly NodeId[];
  /** Values that the gradients are computed from, beside results and what the gradients go to. */
  readonly beside: readonly Operand[];
  /** The class, given its name. */
  readonly text: (name: string) => string;
}

/** What is computed of the gradients that a call states, and what that begins with, beside the gradients that reach its results. */
const behindOf = ({ program, lowerings }: Emission, results: readonly Operand[], isInside: (node: NodeId) => boolean) => {
  const inside = new Set<NodeId>(), saved = new Set<NodeId>();
  const stack = results.map((x) => x.node).reverse();
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    const made = program.nodes[id];
    const isConstant = made === undefined || (made.tag !== "input" && made.tag !== "param" && isInline(made, lowerings));
    if (isConstant || inside.has(id)) continue;
    if (!isInside(id)) saved.add(id);
    else {
      inside.add(id);
      stack.push(...operandsOf(made).map((x) => x.node).reverse());
    }
  }
  return { inside, given: [...saved] };
};

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
  const dependent = dependentOn(program.nodes, override.seeds), alone = emission.gradients.get(id);
  /** What is computed backward. */
  const isInside = (node: NodeId): boolean => seeds.has(node) || (alone === undefined ? dependent.has(node) : program.callOf[node] === id && !alone.places.has(node));
  const formalNodes = new Map(call.ins.map((operand, place) => [operand.node, place]));
  const outs = outsOf(call), passed = outs.slice(0, outs.length - (alone?.carries ?? 0)), { inside, given } = behindOf(emission, results, isInside);
  /** Places of results, then of what the gradients go to, among the arguments; what is nothing but a gradient says where else its values are. */
  const places = new Map<NodeId, number>(alone?.places);
  [...outs, ...overridden.map(({ place }) => call.ins[place]?.node ?? -1), ...params].forEach((node, k) => { if (alone === undefined && !places.has(node)) places.set(node, k); });
  const beside = alone === undefined ? given.filter((node) => !places.has(node)) : call.ins.slice(passed.length + overridden.length).map((x) => x.node);
  const text = (name: string): string => {
    const names = createNames(["ctx"]);
    const passedNames = passed.map((_, k) => names.take(passed.length === 1 ? "y" : `y_${String(k + 1)}`));
    const inputNames = [...overridden.map(({ place }) => names.take(call.formals[place] ?? "x")), ...params.map(() => names.take("weight"))];
    const besideNames = beside.map((node, k) => names.take(alone !== undefined ? (call.formals[passed.length + overridden.length + k] ?? "saved") : formalNodes.has(node) ? `saved_${call.formals[formalNodes.get(node) ?? 0] ?? "x"}` : "saved"));
    const outNames = [...passedNames, ...inputNames.slice(0, outs.length - passed.length)], forwarded = [...passedNames, ...inputNames, ...besideNames];
    const savedNames = given.map((node) => forwarded[places.get(node) ?? passedNames.length + inputNames.length + beside.indexOf(node)] ?? "saved");
    const gradNames = outNames.map((out) => `grad_${out}`);
    const values = new Map<NodeId, Code>(given.map((node, k) => [node, atom(savedNames[k] ?? "saved")]));
    override.seeds.forEach((seed, k) => {
      const place = outs.indexOf(call.outs[k]?.node ?? -1);
      values.set(seed, place < 0 ? literal(0) : atom(gradNames[place] ?? "grad_y"));
    });
    const wanted = order.filter((node) => inside.has(node) && !seeds.has(node));
    const still = { live: new Uint8Array(program.nodes.length), kept: new Set<NodeId>() };
    const inner = createEmission(program, emission.env, emission.options, emission.lowerings, emission.transforms, wanted, emission.time, still);
    const items = inner.scopes.itemsOf(id);
    const body = printBody(inner, { scope: id, given: values, owner: "self.", instance: call.instance, callee: () => ({ path: "", beside: [] }), reserved: [...savedNames, ...gradNames] }, items, results);
    const gradients = results.map((result) => body.valueOf(result).text);
    const listed = (all: readonly string[]): readonly string[] => {
      const line = `return ${all.join(", ")}`;
      return line.length <= WIDTH - 8 ? [line] : ["return (", ...all.map((one) => `    ${one},`), ")"];
    };
    const returned = [...gradNames.slice(0, passed.length), ...gradients, ...beside.map(() => "None")];
    return [
      `class ${name}(torch.autograd.Function):`,
      ...(outs.length === passed.length ? [`    """The gradient that ${call.of} states for itself."""`] : [
        `    """The gradient that ${call.of} states for itself.`, "",
        `    ${inputNames.slice(0, outs.length - passed.length).join(", ")}: 0; the gradient of each brings what the next iteration gives back.`, `    """`,
      ]), "",
      "    @staticmethod",
      `    def forward(ctx, ${forwarded.join(", ")}):`,
      ...(given.length > 0 ? [`        ctx.save_for_backward(${savedNames.join(", ")})`] : []),
      ...listed(outNames.map((out) => `${out}.view_as(${out})`)).map((line) => `        ${line}`), "",
      "    @staticmethod",
      `    def backward(ctx, ${gradNames.join(", ")}):`,
      ...(given.length > 0 ? [`        ${savedNames.length === 1 ? `(${savedNames[0] ?? ""},)` : savedNames.join(", ")} = ctx.saved_tensors`] : []),
      ...body.lines.map((line) => `        ${line}`),
      ...listed(returned).map((line) => `        ${line}`),
    ].join("\n");
  };
  return { formals: overridden.map((one) => one.place), params, beside: beside.map((node) => read(node)), text };
};
