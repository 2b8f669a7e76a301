/** Python names for the user's names. */

const RESERVED: ReadonlySet<string> = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global if import in is " +
    "lambda nonlocal not or pass raise return try while with yield match case type " +
    "abs all any bool dict dir enumerate filter float format hash help hex id input int iter len list locals map max min next object " +
    "oct open ord pow print property range repr reversed round set slice sorted str sum super tuple vars zip " +
    "self torch nn F np math Tensor NamedTuple Model States noise functional_call copy"
  ).split(" "),
);

/** `x'` is `x_prime`; anything else that Python does not allow becomes an underscore. */
export const identifier = (name: string): string => {
  const primes = /'+/g;
  const spelled = name.replace(primes, (found) => "_prime".repeat(found.length)).replace(/[^A-Za-z0-9_]/g, "_");
  const safe = /^[0-9]/.test(spelled) || spelled === "" ? `_${spelled}` : spelled;
  return RESERVED.has(safe) ? `${safe}_` : safe;
};

/** Hands out names that don't meet in one Python scope. */
export interface Names {
  readonly take: (wanted: string) => string;
}
export const createNames = (taken: Iterable<string> = []): Names => {
  const used = new Set(taken);
  return {
    take: (wanted) => {
      const base = identifier(wanted);
      let name = base;
      for (let k = 2; used.has(name); k += 1) name = `${base}_${String(k)}`;
      used.add(name);
      return name;
    },
  };
};
