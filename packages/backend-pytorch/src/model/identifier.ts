/** Python names for the user's names. */

const RESERVED: ReadonlySet<string> = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global if import in is " +
    "lambda nonlocal not or pass raise return try while with yield match case type " +
    "abs all any bool dict dir enumerate filter float format hash help hex id input int iter len list locals map max min next object " +
    "oct open ord pow print property range repr reversed round set slice sorted str sum super tuple vars zip " +
    "self torch nn F np math Tensor NamedTuple Model States Noise noise functional_call copy " +
    // What the emitted functions are given beside the inputs.
    "states model update lengths carry counted ends offset samples rows slots optimizer optimizers " +
    // Hard to tell from 1 and 0 (pycodestyle's E741).
    "l O I"
  ).split(" "),
);

/** Words that can't even be attributes. A function's name may be one of them, because it begins with a capital. */
const CONSTANTS: ReadonlySet<string> = new Set(["False", "None", "True"]);

/** A qualified name as Python can write it behind `self.`: `Block.None.weight` is `Block.None_.weight`. */
export const attributePath = (name: string): string =>
  name.split(".").map((part) => (CONSTANTS.has(part) ? `${part}_` : part)).join(".");

/** `x'` is `x_prime`, and `x_prime` itself `x_prime_`; anything else that Python does not allow becomes an underscore. */
export const identifier = (name: string): string => {
  const primes = /'+/g;
  const spelled = name.replace(/_prime(?![a-z0-9])/g, "_prime_").replace(primes, (found) => "_prime".repeat(found.length)).replace(/[^A-Za-z0-9_]/g, "_");
  const safe = /^[0-9]/.test(spelled) || spelled === "" ? `_${spelled}` : spelled;
  return RESERVED.has(safe) ? `${safe}_` : safe;
};

/** Hands out names that don't meet in one Python scope. */
export interface Names {
  readonly take: (wanted: string) => string;
  /** Names for a part of the scope that nothing reads afterwards: later parts may have them again. */
  readonly part: () => Names;
  /** Whether nothing has said the type of this name yet in the whole scope: Python's checkers want it once. */
  readonly isUntyped: (name: string) => boolean;
}
export const createNames = (taken: Iterable<string> = []): Names => namesBeside(() => false, new Set(taken), new Set());

const namesBeside = (isTaken: (name: string) => boolean, used: Set<string>, typed: Set<string>): Names => {
  const has = (name: string): boolean => used.has(name) || isTaken(name);
  /** The number to try next for a name that is taken. */
  const next = new Map<string, number>();
  return {
    take: (wanted) => {
      const base = identifier(wanted);
      let name = base;
      if (has(base)) {
        let k = next.get(base) ?? 2;
        for (; has(name); k += 1) name = `${base}_${String(k)}`;
        next.set(base, k);
      }
      used.add(name);
      return name;
    },
    part: () => namesBeside(has, new Set(), typed),
    isUntyped: (name) => typed.size < typed.add(name).size,
  };
};
