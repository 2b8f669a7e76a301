/** What a name means where a function stands. */
import type { AnyOp, Transform } from "@sequent/ir";
import { invariant } from "@sequent/ir";
import { instanceOf, stem } from "../syntax/tree.js";
import type { Name } from "../syntax/tree.js";
import { isCapitalised, printName } from "./names.js";
import { CORE } from "./session.js";
import type { DeclaredFunction, Definition, Functions, Session } from "./session.js";

export type Resolved =
  | { readonly tag: "defined"; readonly definition: Definition; readonly instance: string }
  | { readonly tag: "op"; readonly ops: readonly AnyOp[]; readonly instance: string; readonly declared: DeclaredFunction | null }
  | { readonly tag: "transform"; readonly transform: Transform }
  /** `old(e)`: the value recorded while acting. */
  | { readonly tag: "old" }
  /** A function of an environment or a buffer. */
  | { readonly tag: "later"; readonly what: string }
  | { readonly tag: "unknown" };

/** Functions of environments and buffers, by name, with the work that brings them. */
const LATER: ReadonlyMap<string, string> = new Map([
  ["reset", "environments"], ["step", "environments"], ["eps_greedy", "environments"],
  ["Add", "replay buffers"], ["Get", "replay buffers"], ["Set", "replay buffers"],
]);

const find = <A>(functions: Functions, pick: (scope: Functions) => A | undefined): A | undefined => {
  for (let scope: Functions | null = functions; scope !== null; scope = scope.parent) {
    const found = pick(scope);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** A function has no context: `A_{t+1}(…)` is a state that is called. */
const isInstance = ({ subscript }: Name): boolean => subscript === null || subscript.tag === "instance" || (subscript.tag === "at" && subscript.time.origin === "0" && subscript.time.offset >= 0);

export const denseOf = (s: Session): readonly AnyOp[] => {
  const ops = s.lookup.calls.get(CORE.dense);
  invariant(ops !== undefined, `no op is called ${CORE.dense}`);
  return ops;
};

/** A macro or composed function, a declared function, a builtin or transform, an environment's function; else, if capitalised, `dense`. */
export const resolve = (s: Session, functions: Functions, name: Name): Resolved => {
  const whole = printName(name);
  const base = stem(name);
  const instance = instanceOf(name);
  const definition =
    find(functions, (scope) => scope.defined.get(whole)) ??
    (instance === null ? undefined : find(functions, (scope) => scope.defined.get(base)));
  if (definition !== undefined) return { tag: "defined", definition, instance: whole };
  const declared = find(functions, (scope) => scope.declared.get(whole));
  if (declared !== undefined) return { tag: "op", ops: [declared.op], instance: whole, declared };
  const ops = s.lookup.calls.get(whole) ?? (instance === null ? undefined : s.lookup.calls.get(base));
  if (ops !== undefined) return { tag: "op", ops, instance: whole, declared: null };
  const transform = s.env.transforms.get(whole);
  if (transform !== undefined) return { tag: "transform", transform };
  if (whole === "old") return { tag: "old" };
  const what = LATER.get(base);
  if (what !== undefined && (instance !== null || !isCapitalised(name))) return { tag: "later", what };
  if (isCapitalised(name) && isInstance(name)) return { tag: "op", ops: denseOf(s), instance: whole, declared: null };
  return { tag: "unknown" };
};

/** All names that could be called, for a suggestion. */
export const callable = function* (s: Session, functions: Functions): Iterable<string> {
  for (let scope: Functions | null = functions; scope !== null; scope = scope.parent) {
    yield* scope.defined.keys();
    yield* scope.declared.keys();
  }
  yield* s.lookup.calls.keys();
  yield* s.env.transforms.keys();
};
