import type { DiagnosticRecord } from "./diagnostic.js";

/** Reported by elaboration where the text shows it, with what was probably meant; by differentiation where it takes steps and derivatives to see. */
export const noPath: DiagnosticRecord = {
  code: "SQ0406",
  severity: "error",
  title: "no path to the objective",
  explain:
    "`x $ J` changes `x` so that `J` grows, along the ways on which `J` depends on `x` and has a derivative. There is none here. " +
    "To train `x` toward a value write `x => value`.",
  examples: [
    "M : dense[3]\nx : [4]\nr : []\nx --[M]-> q\nq $ r\n",
    "M : dense[2]\nx : [4]\nx --[M]-> q\nq $ sum(one_hot(argmax(q)))\n",
    "M : dense[3]\nN : dense[3]\nx : [4]\nx --[M]-> q\nx --[N]-> p\nq $ sum(p)\n",
  ],
  fix: { tag: "offered" },
};
