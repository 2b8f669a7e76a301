import { NOWHERE } from "@sequent/ir";
import fc from "fast-check";
import type { syntax } from "../../src/index.js";

const span = NOWHERE;

const word = fc.constantFrom("x", "y", "h", "V", "Enc", "log_std", "eps_greedy", "o2", "max_pool2d", "A", "x_length");
const time: fc.Arbitrary<syntax.Time> = fc.oneof(
  fc.record({ origin: fc.constantFrom("t" as const, "T" as const), offset: fc.integer({ min: -9, max: 9 }) }),
  fc.record({ origin: fc.constant("0" as const), offset: fc.integer({ min: -3, max: 99 }) }),
);
const at: fc.Arbitrary<syntax.Subscript> = time.map((t) => ({ tag: "at", time: t }));
const range: fc.Arbitrary<syntax.Subscript> = fc
  .tuple(time, time)
  .filter(([a, b]) => a.origin !== b.origin || a.offset <= b.offset)
  .map(([from, to]) => ({ tag: "range", from, to }));
const instance: fc.Arbitrary<syntax.Subscript> = fc.constantFrom("M", "Dec", "B2").map((name) => ({ tag: "instance", name }));

const named = (subscripts: fc.Arbitrary<syntax.Subscript | null>): fc.Arbitrary<syntax.Name> =>
  fc.record({ tag: fc.constant("name" as const), base: word, primes: fc.nat({ max: 2 }), subscript: subscripts, span: fc.constant(span) });

export const name = named(fc.oneof(fc.constant(null), at, range, instance));
const defined = named(fc.oneof(fc.constant(null), at, instance));
const step: syntax.Name = { tag: "name", base: "t", primes: 0, subscript: null, span };

const qualified: fc.Arbitrary<syntax.Qualified> = fc
  .array(defined, { minLength: 2, maxLength: 3 })
  .map((parts) => ({ tag: "qualified", parts, span }));
const adjointOf = (of: fc.Arbitrary<syntax.Name | syntax.Qualified>): fc.Arbitrary<syntax.Adjoint> =>
  of.map((o) => ({ tag: "adjoint", of: o, span }));
const number: fc.Arbitrary<syntax.Num> = fc
  .constantFrom("0", "1", "0.5", "1e-3", "2.5E+10", "784")
  .map((text) => ({ tag: "number", value: Number(text), text, span }));
const text: fc.Arbitrary<syntax.Text> = fc
  .string({ maxLength: 6, unit: fc.constantFrom("a", "\\", '"', "\n", "\t", " ", "é", "#", ";") })
  .map((value) => ({ tag: "string", value, span }));

/** Positional arguments first, no key twice. */
const ordered = (args: readonly syntax.Argument[]): syntax.Argument[] => {
  const keys = new Set<string | null>();
  const keyed = args.filter((a) => a.name !== null && !keys.has(a.name) && keys.add(a.name));
  return [...args.filter((a) => a.name === null), ...keyed];
};

const levels: readonly (readonly syntax.Operator[])[] = [["*", "/"], ["+", "-"]];

// A type, not an interface: letrec wants an index signature.
type Exprs = { readonly e: syntax.Expr; readonly call: syntax.Call; readonly arg: syntax.Argument };

const { e, call, arg } = fc.letrec<Exprs>((tie) => {
  const sub = tie("e");
  const infix = fc.constantFrom(...levels).chain((ops) =>
    fc.record({
      tag: fc.constant("infix" as const), first: sub, span: fc.constant(span),
      rest: fc.array(fc.record({ op: fc.constantFrom(...ops), right: sub }), { minLength: 1, maxLength: 3 }),
    }));
  const compare = fc.record({
    tag: fc.constant("infix" as const), first: sub, span: fc.constant(span),
    rest: fc.tuple(fc.record({ op: fc.constantFrom("==" as const, "!=" as const, "<" as const, "<=" as const, ">" as const, ">=" as const), right: sub })),
  });
  const end = fc.option(sub, { nil: null });
  const slice = fc.record({ tag: fc.constant("slice" as const), from: end, to: end, span: fc.constant(span) });
  return {
    e: fc.oneof(
      { maxDepth: 4, depthIdentifier: "e" },
      fc.oneof(name, fc.constant(step), number, text, qualified, adjointOf(fc.oneof(name, qualified))),
      tie("call"),
      fc.record({ tag: fc.constant("index" as const), of: sub, at: fc.array(fc.oneof(sub, slice), { minLength: 1, maxLength: 2 }), span: fc.constant(span) }),
      fc.record({ tag: fc.constant("power" as const), base: sub, exponent: sub, span: fc.constant(span) }),
      fc.record({ tag: fc.constant("negate" as const), of: sub, span: fc.constant(span) }),
      infix,
      compare,
      fc.record({ tag: fc.constant("bar" as const), parts: fc.array(sub, { minLength: 2, maxLength: 3 }), span: fc.constant(span) }),
      fc.record({ tag: fc.constant("list" as const), items: fc.array(sub, { maxLength: 2 }), span: fc.constant(span) }),
      fc.record({ tag: fc.constant("group" as const), of: sub, span: fc.constant(span) }),
    ),
    call: fc.record({
      tag: fc.constant("call" as const),
      callee: fc.oneof({ maxDepth: 2, depthIdentifier: "c" }, name, qualified, tie("call")),
      args: fc.array(tie("arg"), { maxLength: 3 }).map(ordered),
      span: fc.constant(span),
    }),
    arg: fc.record({
      tag: fc.constant("argument" as const), name: fc.constantFrom(null, null, "c", "lr", "max_norm"), value: sub, span: fc.constant(span),
    }),
  };
});
export const expr = e;

const some = <A>(a: fc.Arbitrary<A>): fc.Arbitrary<A[]> => fc.array(a, { minLength: 1, maxLength: 3 });
const target = fc.oneof(defined, defined, qualified, adjointOf(fc.oneof(defined, qualified)));
const into: fc.Arbitrary<syntax.Link> = fc.record({
  tag: fc.constant("into" as const), through: fc.option(e, { nil: null }), targets: some(target), span: fc.constant(span),
});
const match: fc.Arbitrary<syntax.Link> = fc.record({
  tag: fc.constant("match" as const), loss: fc.option(e, { nil: null }), wanted: some(e), span: fc.constant(span),
});
const ascend: fc.Arbitrary<syntax.Link> = fc.record({ tag: fc.constant("ascend" as const), objective: e, span: fc.constant(span) });

const flow: fc.Arbitrary<syntax.Flow> = fc.oneof(
  fc.record({
    tag: fc.constant("flow" as const), head: some(e), span: fc.constant(span),
    links: fc.tuple(fc.array(into, { maxLength: 6 }), fc.option(fc.oneof(match, ascend), { nil: null }), into)
      .map(([links, last, least]) => (last !== null ? [...links, last] : links.length === 0 ? [least] : links)),
  }),
  ascend.map((l): syntax.Flow => ({ tag: "flow", head: [], links: [l], span })),
  call.map((c): syntax.Flow => ({ tag: "flow", head: [c], links: [], span })),
);
const define: fc.Arbitrary<syntax.Define> = fc
  .record({ tag: fc.constant("define" as const), targets: some(target), values: some(e), span: fc.constant(span) })
  .filter((d) => !d.values.some((v) => v.tag === "list"));
const compose: fc.Arbitrary<syntax.Compose> = fc.record({
  tag: fc.constant("compose" as const), name: defined, span: fc.constant(span),
  body: fc.oneof(name, call, fc.record({ tag: fc.constant("bar" as const), parts: fc.array(e, { minLength: 2, maxLength: 4 }), span: fc.constant(span) })),
});
const shape: fc.Arbitrary<syntax.Shape> = fc.record({ tag: fc.constant("shape" as const), sizes: fc.array(e, { maxLength: 3 }), span: fc.constant(span) });
const type: fc.Arbitrary<syntax.Type> = fc.oneof(
  shape,
  fc.record({
    tag: fc.constant("kind" as const), name: fc.constantFrom("class", "dense", "conv", "float"), span: fc.constant(span),
    args: fc.constant(null), shape: fc.constant(null),
  }),
  fc.record({
    tag: fc.constant("kind" as const), name: fc.constantFrom("class", "dense", "conv", "float"), span: fc.constant(span),
    args: fc.array(arg, { maxLength: 3 }).map(ordered), shape: fc.option(shape, { nil: null }),
  }),
);
const declaration: fc.Arbitrary<syntax.Declaration> = fc.record({
  tag: fc.constant("declaration" as const), names: some(defined), type, span: fc.constant(span),
});
const directive: fc.Arbitrary<syntax.Directive> = fc.record({
  tag: fc.constant("directive" as const), name: fc.constantFrom("env", "batch", "metric", "train"),
  args: fc.array(arg, { maxLength: 3 }), span: fc.constant(span),
});
const macro: fc.Arbitrary<syntax.Macro> = fc.record({
  tag: fc.constant("macro" as const), name: defined, formals: fc.array(defined, { maxLength: 3 }),
  body: fc.array(fc.oneof(flow, define, compose, declaration), { maxLength: 4 }), results: some(e),
  returns: fc.constant(span), span: fc.constant(span),
});

export const program: fc.Arbitrary<syntax.Program> = fc
  .array(fc.oneof({ arbitrary: flow, weight: 4 }, define, compose, declaration, directive, macro), { maxLength: 6 })
  .map((statements) => ({ tag: "program", statements, comments: [], span }));

/** A tree without places and parentheses: what it says. */
export const bare = (tree: unknown): unknown => {
  if (Array.isArray(tree)) return tree.map(bare);
  if (typeof tree !== "object" || tree === null) return tree;
  if ("tag" in tree && tree.tag === "group" && "of" in tree) return bare(tree.of);
  return Object.fromEntries(
    Object.entries(tree).filter(([key]) => !["span", "returns", "comments"].includes(key)).map(([key, value]) => [key, bare(value)]),
  );
};
