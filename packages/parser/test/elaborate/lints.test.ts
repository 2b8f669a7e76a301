/** Lints by meaning: programs that are right beside the slips that are a letter away, and what `fix` makes of those. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyFixes, elaborateDiagnostics, fixAll } from "../../src/index.js";
import { outcome } from "./setup.js";

const STEP = "S_{t-1}, a_{t-1} --[step]-> S_t, O_t, r_t, d_t\nO_t --[W]-> w_t\n";
const NOT_YET = "SQ0901";
const codes = (text: string): readonly string[] => [...new Set(outcome(text).codes)].filter((code) => code !== NOT_YET).sort();
const fixed = (text: string, unsafe = true): string => fixAll(text, (now) => outcome(now).all, { unsafe }).text;

describe("says nothing of", () => {
  it.each([
    ["a value that is bootstrapped as it should be", `${STEP}w_t => r_{t+1} + 0.9*(1-d_{t+1})*w_{t+1}`],
    ["the same, one step later", `${STEP}w_{t-1} => r_t + 0.9*(1-d_t)*w_t`],
    ["a mask that is a state", `${STEP}0.9*(1-d_{t+1}) -> k_t\nw_t => r_{t+1} + k_t*w_{t+1}`],
    ["a choice by the flag", `${STEP}where(d_{t+1}, r_{t+1}, r_{t+1} + 0.9*w_{t+1}) -> g_t\nw_t => g_t`],
    ["returns, which are no network's", `${STEP}r_{t+1} + 0.9*g_{t+1} -> g_t\n0 -> g_T\nw_t => g_t`],
    ["an error of a value without a reward", `${STEP}w_{t+1} - w_t -> e_t\n$ -e_t*e_t`],
    ["a value kept near its past", "x_t --[M]-> p_t => y_t\np_t => p_{t-1}"],
    ["a position near where the velocity leads", "x_t --[M]-> p_t => p_{t-1} + v_t"],
    ["data without a flag", "x_t --[V]-> v_t => r_{t+1} + 0.9*v_{t+1}"],
    ["rewards on data, whose steps are their own", "x_t --[V]-> v_t => r_t + 0.9*v_{t+1}*(1 - d_t)"],
    ["advantages that are masked at their own step", `${STEP}w_t + 0.9 * A_{t+1} * (1-d_{t+1}) -> A_t\n0 -> A_T\n$ A_t`],
    ["a cross entropy", "x --[M|softmax]-> p\nx --[N|softmax]-> q\np $ -sum(p*log(q))\nq $ sum(p*log(q))"],
    ["the log-likelihood of a draw", "x --[M|softmax]-> p --[sample]-> a\np $ r * log(p[a])"],
    ["an index outside of the logarithm", "x --[M|softmax]-> p --[sample]-> a\np $ r * log(p)[a]"],
    ["logits that are normalised by name", "x --[M]-> l\nsoftmax(l) -> p --[sample]-> a\np $ log(p[a])"],
    ["independent draws", "x --[M|sigmoid]-> p --[sample]-> a\np $ sum(a * log(p))"],
    ["a policy that is given", "p --[sample]-> a\none_hot(a) --[M]-> q => y"],
    ["a policy behind a macro", "F: x\n    x --[M|softmax]-> u\n    return u\nx --[F]-> p --[sample]-> a\np $ log(p[a])"],
    ["a way through a function that is not differentiable in part", "x --[M]-> q\nq $ q[argmax(q)]"],
    ["a way through time", "x_t --[M]-> q_t\nq_{t-1} + 1 -> u_t\nq_{t-1} $ u_t"],
    ["a gate that mixes", "0 -> h_0\nx_t --[Z|sigmoid]-> z_t\nh_{t-1}*(1 - z_t) + z_t*x_t -> h_t => y_t"],
    ["a leak, which is no gate", "0 -> h_0\n0.1 -> z\nh_{t-1}*(1 - z) + x_t -> h_t => y_t"],
    ["arguments with names of their own", "E: h, x\n    h|x --[C|tanh]-> c\n    return c\n0 -> h_0\nh_{t-1}, x_t --[E]-> h_t => y_t"],
    ["a function called like a state", "x --[Q]-> Q\nQ => y"],
  ])("%s", (_, text) => { expect(codes(text)).toEqual([]); });
});

describe("mends", () => {
  it.each([
    ["a target in a macro's sum", `${STEP}(w_{t+1}*0.9 + r_t - w_t)*2 -> A_t\n$ -A_t`, `${STEP}(r_{t+1} + 0.9*(1-d_{t+1})*w_{t+1} - w_t)*2 -> A_t\n$ -A_t`],
    ["part of a target", `${STEP}w_t => (r_t + 0.9*w_{t+1})/2`, `${STEP}w_t => (r_{t+1} + 0.9*(1-d_{t+1})*w_{t+1})/2`],
    ["a target with a name", `${STEP}r_{t+1} + 0.9*w_{t+1} -> g_t\nw_t => g_t`, `${STEP}r_{t+1} + 0.9*(1-d_{t+1})*w_{t+1} -> g_t\nw_t => g_t`],
    ["rewards that are scaled", `${STEP}w_t => 0.1*(r_t - 1) + 0.9*w_{t+1}`, `${STEP}w_t => 0.1*(r_{t+1} - 1) + 0.9*(1-d_{t+1})*w_{t+1}`],
    ["a goal behind others on its line", "0.9 -> gamma ; x_t --[V]-> v_t =[huber(1)]=> gamma*v_{t-1} + r_t",
      "0.9 -> gamma ; x_t --[V]-> v_t ; v_{t-1} =[huber(1)]=> r_t + gamma*v_t"],
    ["a goal over several lines", "x_t --[V]-> v_t  # the value\n  => 0.9*v_{t-1} + r_t", "x_t --[V]-> v_t\nv_{t-1} => r_t + 0.9*v_t"],
    ["a policy, and then its objective", "x --[P]-> p --[sample]-> a\np $ 2*log(p)", "x --[P|softmax]-> p --[sample]-> a\np $ 2*log(p[a])"],
    ["a policy under another name", "x --[M]-> l -> p --[sample]-> a\np $ log(p[a])", "x --[M]-> l --[softmax]-> p --[sample]-> a\np $ log(p[a])"],
    ["a draw in an expression", "sample(M(x)) -> a\none_hot(a) --[N]-> p => y", "sample(softmax(M(x))) -> a\none_hot(a) --[N]-> p => y"],
    ["a draw in a chain", "x --[H|relu|sample]-> a\none_hot(a) --[N]-> p => y", "x --[H|relu|softmax|sample]-> a\none_hot(a) --[N]-> p => y"],
    ["the best action as an objective", "0.9 -> gamma\no --[Q]-> q\no' --[Q]-> q'\na : class[2]\nq $ r + one_hot(argmax(q')) + d*0",
      "0.9 -> gamma\no --[Q]-> q\no' --[Q]-> q'\na : class[2]\nq[a] => r + d*0 + gamma*(1-d)*max(q')"],
    ["a state that is called, and a number", "0.5 -> G\nx_t --[M]-> A_t\nA_t(1 - y_t) + A_{t-1}(2) + G(y_t) -> p_t => y_t",
      "0.5 -> G\nx_t --[M]-> A_t\nA_t*(1 - y_t) + A_{t-1}*(2) + G*(y_t) -> p_t => y_t"],
    ["a gate that is called", "0 -> h_0\nsigmoid(Z(x_t)) -> z_t\nh_{t-1}*(1 - z_t) + x_t -> h_t => y_t", "0 -> h_0\nsigmoid(Z(x_t)) -> z_t\nh_{t-1}*(1 - z_t) + z_t*x_t -> h_t => y_t"],
    ["a state that nothing reads, with its line", "x --[M]-> p => y\n0.9 -> gamma\n1 -> k ; x*k --[N]-> u ; u => y", "x --[M]-> p => y\n1 -> k ; x*k --[N]-> u ; u => y"],
  ])("%s", (_, text, wanted) => {
    expect(codes(text)).not.toEqual([]);
    expect(fixed(text)).toBe(wanted);
    expect(codes(wanted)).toEqual([]);
  });
  it("keeps the meaning, unless asked, where the program compiles", () => {
    const text = `${STEP}w_t => 0.9*w_{t-1} + r_t`;
    expect(fixed(text, false)).toBe(text);
  });
  it("a state that reads itself by what its siblings read, unless that needs the state", () => {
    const gates = "p_t --[F|sigmoid]-> f_t\np_t --[I|sigmoid]-> i_t\no_t --[O|sigmoid]-> o_t\nf_t*i_t*o_t -> h_t => y_t\n0 -> h_0\n";
    expect(fixed(`h_{t-1}|x_t -> p_t\n${gates}`)).toContain("p_t --[O|sigmoid]-> o_t");
    expect(fixed(`h_t|x_t -> p_t\n${gates}`)).not.toContain("p_t --[O|");
    expect(fixed(`h_{t-1}|o_t -> p_t\n${gates}`)).not.toContain("p_t --[O|");
  });
});

describe("fixes of any program", () => {
  const texts = elaborateDiagnostics.flatMap((record) => record.examples).filter((text) => text.length < 400);
  const tokens = (text: string): readonly string[] => text.match(/\s+|\w+'*|[-=]+\[?|\]?[-=]*>|\S/g) ?? [];
  const slip = fc.tuple(fc.constantFrom(...texts), fc.nat(), fc.nat());
  const mutated = fc.tuple(fc.constantFrom(...texts), fc.array(slip, { maxLength: 4 })).map(([text, slips]) => {
    const list = [...tokens(text)];
    for (const [other, at, from] of slips) {
      const words = tokens(other);
      list[at % list.length] = words[from % words.length] ?? "";
    }
    return list.join("");
  });
  /** As the compiler: what can't be read is not elaborated. */
  const say = (text: string) => {
    const { all } = outcome(text);
    const syntax = all.filter((one) => one.code.startsWith("SQ01"));
    return syntax.some((one) => one.severity === "error") ? syntax : all;
  };
  it("come to an end at which none is left", () => {
    fc.assert(fc.property(mutated, fc.boolean(), (text, unsafe) => {
      const { text: end, applied } = fixAll(text, say, { unsafe });
      expect(applied.length).toBeLessThan(60);
      const left = applyFixes(end, say(end), { unsafe });
      expect(left.text).toBe(end);
    }), { numRuns: 2000, seed: 11 });
  });
});
