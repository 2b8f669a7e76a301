/** What `fix` makes of slips over time: each fix lands where the slip is, and nothing else changes. */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { checkFully, fixFully, saidOf } from "../../src/index.js";
import { folder } from "../examples.js";

const fixed = (text: string, unsafe = false): string => fixFully(text, "program.seq", {}, { unsafe }).text;
const codes = (text: string): readonly string[] => saidOf(checkFully(text, "program.seq")).filter((one) => one.severity !== "note").map((one) => one.code);
const XY = "x : [3] ; y : [2]\n";

describe("an error over time is mended where it stands", () => {
  it.each([
    ["a boundary that is missing", `${XY}x_t --[E]-> e_t\nh_{t-1}|e_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`,
      `${XY}x_t --[E]-> e_t\n0 -> h_0\nh_{t-1}|e_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`],
    ["the same over two lines", `${XY}h_{t-1}|x_t  # the state\n  --[C|tanh]-> h_t --[M]-> p_t => y_t\n`, `${XY}0 -> h_0\nh_{t-1}|x_t  # the state\n  --[C|tanh]-> h_t --[M]-> p_t => y_t\n`],
    ["the same beside another statement", `${XY}1 -> k ; h_{t-1}*k|x_t --[C|tanh]-> h_t => y_t\n`, `${XY}1 -> k ; 0 -> h_0 ; h_{t-1}*k|x_t --[C|tanh]-> h_t => y_t\n`],
    ["the same in a macro", `${XY}Enc: x_t\n    s_{t-1}|x_t --[C|tanh]-> s_t\n    return s_t\nx_t --[Enc]-> h_t --[M]-> p_t => y_t\n`,
      `${XY}Enc: x_t\n    0 -> s_0\n    s_{t-1}|x_t --[C|tanh]-> s_t\n    return s_t\nx_t --[Enc]-> h_t --[M]-> p_t => y_t\n`],
    ["a boundary without its step", `${XY}0 -> h\nh_{t-1}|x_t --[C|tanh]-> h_t => y_t\n`, `${XY}0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t => y_t\n`],
    ["one that looks ahead, without its step", `${XY}b_{t+1}|x_t --[C|tanh]-> b_t => y_t\nx_1[0:2] -> b\nC : dense[2]\n`, `${XY}b_{t+1}|x_t --[C|tanh]-> b_t => y_t\nx_1[0:2] -> b_{T+1}\nC : dense[2]\n`],
    ["one in a macro without its step", `${XY}Enc: x_t\n    0 -> s\n    s_{t-1}|x_t --[C|tanh]-> s_t\n    return s_t\nx_t --[Enc]-> h_t --[M]-> p_t => y_t\n`,
      `${XY}Enc: x_t\n    0 -> s_0\n    s_{t-1}|x_t --[C|tanh]-> s_t\n    return s_t\nx_t --[Enc]-> h_t --[M]-> p_t => y_t\n`],
    ["one beside a state that is read and has no time", `${XY}1 -> h\nh_{t-1}*h|x_t --[C|tanh]-> h_t => y_t\n`, `${XY}1 -> h\n0 -> h_0\nh_{t-1}*h|x_t --[C|tanh]-> h_t => y_t\n`],
    ["one that looks ahead", `${XY}b_{t+1}|x_t --[C|tanh]-> b_t\nb_t --[M]-> p_t => y_t\n`, `${XY}0 -> b_{T+1}\nb_{t+1}|x_t --[C|tanh]-> b_t\nb_t --[M]-> p_t => y_t\n`],
    ["a boundary at the wrong end", `${XY}0 -> h_T  # start\nh_{t-1}|x_t --[C|tanh]-> h_t => y_t\n`, `${XY}0 -> h_0  # start\nh_{t-1}|x_t --[C|tanh]-> h_t => y_t\n`],
    ["a boundary a step too early", `${XY}0 -> h_{-1}\nh_{t-1}|x_t --[C|tanh]-> h_t => y_t\n`, `${XY}0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t => y_t\n`],
    ["a boundary far outside, and then too early", `${XY}0 -> h_{-4}\nh_{t-1}|x_t --[C|tanh]-> h_t => y_t\n`, `${XY}0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t => y_t\n`],
    ["one far outside that two steps read", `${XY}0 -> h_{-3}\nh_{t-2}|x_t --[C|tanh]-> h_t => y_t\n`, `${XY}0 -> h_0\n0 -> h_{-1}\nh_{t-2}|x_t --[C|tanh]-> h_t => y_t\n`],
    ["one far behind the end", `${XY}0 -> h_{T+3}\nh_{t-1}|x_t --[C|tanh]-> h_t => y_t\n`, `${XY}0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t => y_t\n`],
    ["one far behind the end, of a state that looks ahead", `${XY}0 -> h_{T+3}\nh_{t+1}|x_t --[C|tanh]-> h_t => y_t\n`, `${XY}0 -> h_{T+1}\nh_{t+1}|x_t --[C|tanh]-> h_t => y_t\n`],
    ["a value over time that is given at a step that it does not have", `${XY}x_t --[C]-> q_t -> h_0\nh_{t-1}|x_t --[C_2|tanh]-> h_t => y_t\n`.replace("-> q_t -> h_0", "-> q_t\nq_t -> h_0"), `${XY}x_t --[C]-> q_t\nq_1 -> h_0\nh_{t-1}|x_t --[C_2|tanh]-> h_t => y_t\n`],
    ["inputs that begin later", `${XY}0 -> h_0\nh_{t-1}|x_{t-3} --[C|tanh]-> h_t => y_t\n`, `${XY}0 -> h_3\nh_{t-1}|x_{t-3} --[C|tanh]-> h_t => y_t\n`],
    ["two first values, of which one is given", "y : []\n1 -> f_0\nf_{t-1} + f_{t-2} -> f_t => y_t\n", "y : []\n0 -> f_1\n1 -> f_0\nf_{t-1} + f_{t-2} -> f_t => y_t\n"],
    ["a lag without its first values", "x : [] ; y : []\n0 -> h_0\nh_{t-3} + x_t -> h_t => y_t\n", "x : [] ; y : []\n0 -> h_1\n0 -> h_2\n0 -> h_0\nh_{t-3} + x_t -> h_t => y_t\n"],
    ["a lag of which the step before the first is given", `${XY}0 -> h_{-1}\nh_{t-2}|x_t --[C|tanh]-> h_t => y_t\n`, `${XY}0 -> h_0\n0 -> h_{-1}\nh_{t-2}|x_t --[C|tanh]-> h_t => y_t\n`],
    ["the same at the end", `${XY}0 -> h_{T+1}\nh_{t+2}|x_t --[C|tanh]-> h_t => y_t\n`, `${XY}0 -> h_T\n0 -> h_{T+1}\nh_{t+2}|x_t --[C|tanh]-> h_t => y_t\n`],
    ["a lag of inputs that begin later", `${XY}0 -> h_{-1}\nh_{t-2}|x_{t-1} --[C|tanh]-> h_t => y_t\n`, `${XY}0 -> h_1\n0 -> h_0\nh_{t-2}|x_{t-1} --[C|tanh]-> h_t => y_t\n`],
    ["a gap", `${XY}0 -> a_{-1}\nx_t * 2 -> a_t\na_{t-1} --[M]-> p_t => y_t\n`, `${XY}0 -> a_0\nx_t * 2 -> a_t\na_{t-1} --[M]-> p_t => y_t\n`],
    ["a step before the first", `${XY}x_t + x_0 -> a_t --[M]-> p_t => y_t\n`, `${XY}x_t + x_1 -> a_t --[M]-> p_t => y_t\n`],
    ["a step behind the last", `${XY}x_{T+1} --[M]-> p => y_T\n`, `${XY}x_T --[M]-> p => y_T\n`],
    ["an argument of a macro that does not exist", `${XY}F: a\n    a --[M]-> u\n    return u\nF(x_0|x_T) => y_T\n`, `${XY}F: a\n    a --[M]-> u\n    return u\nF(x_1|x_T) => y_T\n`],
  ])("%s", (_, text, wanted) => {
    expect(codes(text)).not.toEqual([]);
    expect(fixed(text)).toBe(wanted);
    expect(codes(wanted)).toEqual([]);
  });
  it.each([
    ["a name in the wrong case", `${XY}0 -> H_0\nh_{t-1}|x_t --[C|tanh]-> H_t\nH_t --[M]-> p_t => y_t\n`, `${XY}0 -> H_0\nH_{t-1}|x_t --[C|tanh]-> H_t\nH_t --[M]-> p_t => y_t\n`],
    ["a misspelt declared name", "x : [4] ; action : class[3]\nx --[M|softmax]-> p => one_hot(actoin)\n", "x : [4] ; action : class[3]\nx --[M|softmax]-> p => one_hot(action)\n"],
    ["arguments crosswise by name", `${XY}Cell: h, x\n    h|x --[C|tanh]-> c\n    return c\n0 -> h_0\nx_t, h_{t-1} --[Cell]-> h_t --[M]-> p_t => y_t\n`,
      `${XY}Cell: h, x\n    h|x --[C|tanh]-> c\n    return c\n0 -> h_0\nh_{t-1}, x_t --[Cell]-> h_t --[M]-> p_t => y_t\n`],
    ["a state that only itself reads", `${XY}0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t\nx_t --[M]-> p_t => y_t\n`, `${XY}x_t --[M]-> p_t => y_t\n`],
    ["a state of a macro that nothing reads", `${XY}F: a\n    a --[M]-> u\n    u * 2 -> w\n    return u\nF(x_t) -> p_t => y_t\n`, `${XY}F: a\n    a --[M]-> u\n    return u\nF(x_t) -> p_t => y_t\n`],
  ])("if asked to: %s", (_, text, wanted) => {
    expect(codes(text)).not.toEqual([]);
    expect(fixed(text, true)).toBe(wanted);
    expect(codes(wanted)).toEqual([]);
  });
});

describe("a range beyond the data", () => {
  // Its sequences have 16 steps.
  const program = (range: string): string => `@data "${path.join(folder, "data/driven.npz")}"\nmean(x_{${range}}, axis=0) --[M]-> p\np + 0*x_t[0] --[N]-> q_t => y_t\n`;
  it.each([
    ["20..24", "T-4..T"],
    ["20..35", "T-15..T"],
    ["5..24", "5..T"],
    ["1..17", "1..T"],
  ])("%s is mended to %s", (written, wanted) => {
    expect(codes(program(written))).toEqual(["SQ0329"]);
    expect(fixed(program(written), true)).toBe(program(wanted));
    expect(codes(program(wanted))).toEqual([]);
  });
  it.each(["20..36", "20..T", "20..t"])("%s is left to the author", (written) => {
    expect(codes(program(written))).toEqual(["SQ0329"]);
    expect(fixed(program(written), true)).toContain(`x_{${written}}`);
  });
});

describe("an input with an equation for a step", () => {
  const errors = (text: string): readonly string[] => saidOf(checkFully(text, "program.seq")).filter((one) => one.severity === "error").map((one) => `${one.code} ${one.message}`);
  it.each([
    ["0 -> x_0", "x_{t-1}", "step 0"], ["0 -> x_3", "x_t", "step 3"], ["0 -> x_{-1}", "mean(x_{t-2..t}, axis=0)", "step -1"], ["0 -> x_T", "sum(x_{0..t}, axis=0)", "step T"],
  ])("%s, and %s is read: is told plainly", (equation, read, says) => {
    expect(errors(`${XY}${equation}\n${read} --[M]-> p_t => y_t\n`)).toEqual([`SQ0313 \`x\` is no input, for it has an equation, and that gives ${says} alone`]);
  });
  it("is told of an array, too", () => {
    expect(errors(`@data "${path.join(folder, "data/driven.npz")}"\n0 -> x_0\nx_{t-1} --[M]-> p_t => y_t\n`).join()).toContain("SQ0313");
  });
  it.each([
    ["what the help writes", "x_t -> u_t ; 0 -> u_0\nu_{t-1} --[M]-> p_t => y_t\n"],
    ["what the help writes of a step within", "x_t -> u_t ; 0 -> u_3\nu_{t-1} --[M]-> p_t => y_t\n"],
    ["a declared state", "h : [3] ; 0 -> h_0\nh_{t-1} + x_t -> h_t --[M]-> p_t => y_t\n"],
    ["a declared state of single steps", "k : [3] ; x_1 -> k_0 ; x_2 -> k_1\nx_t + k_0 + k_1 --[M]-> p_t => y_t\n"],
  ])("%s is right", (_, text) => { expect(errors(XY + text)).toEqual([]); });
});

it.each(["back=0", "back=2.5", "back=-4", "back=8 ahead=-1"])("leaves `@horizon %s` to the author: any other number is a guess", (written) => {
  const text = `${XY}@horizon ${written}\n0 -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t => y_t\n`;
  expect(codes(text)).toEqual(["SQ0259"]);
  expect(fixed(text, true)).toBe(text);
});

describe("a boundary equation is told of once", () => {
  it.each(["0 -> h_{-3}\nh_{t-1}|x_t", "0 -> h_{-3}\nx_t", "0 -> h_{T+3}\nh_{t-1}|x_t", "0 -> h_{T+3}\nh_{t+1}|x_t"])("%s", (written) => {
    const found = saidOf(checkFully(`${XY}${written} --[C|tanh]-> h_t => y_t\n`, "program.seq")).filter((one) => one.severity === "error");
    expect(found.map((one) => [one.code, one.fixes.length])).toEqual([["SQ0325", 1]]);
  });
  it("where what it reads is elsewhere", () => {
    for (const [read, says] of [["q_t", "`q_1`, or `q_T`"], ["0.5*q_t", "has the steps 1..T"]]) {
      const [one] = saidOf(checkFully(`${XY}x_t[0:2] -> q_t\n${read ?? ""} -> h_0\nh_{t-1}|x_t --[C|tanh]-> h_t => y_t\n`, "program.seq")).filter(({ severity }) => severity === "error");
      expect(one?.code).toBe("SQ0323");
      expect(one?.message).toBe("`h` never starts: `h_0` is given by what does not exist there");
      expect(one?.help).toContain(says);
    }
  });
});

describe("says nothing of", () => {
  it.each([
    ["an action and its advantage", `a : class[2] ; r : [] ; x : [3]\nx_t --[P|softmax]-> p_t\n0 -> A_T\nr_t + A_{t+1} -> A_t\np_t $ A_t * log(p_t[a_t])\n`],
    ["names that differ by a number", `${XY}input1 : [3]\ninput2 : [3]\nx_t + input1_t + input2_t --[M]-> p_t => y_t\n`],
    ["boundaries at both ends that are read", `${XY}0 -> h_0 ; 1 -> h_T\nh_{t-1}|x_t --[C|tanh]-> h_t\nh_t --[M]-> p_t => y_t\n`],
    ["a state that is given two steps before it begins", "x : [2] ; y : [2]\n0 -> h_{-1}\n0 -> h_0\nh_{t-1} + h_{t-2} + x_t -> h_t => y_t\n"],
  ])("%s", (_, text) => { expect(codes(text)).toEqual([]); });
});

it("names the value, its steps and its places where reads go in a circle", () => {
  const [one] = saidOf(checkFully("x : [2] ; y : [2]\n0 -> h_0\nh_{t-1} + h_{t+2} + x_t -> h_t => y_t\n", "program.seq")).filter(({ severity }) => severity === "error");
  expect(one?.code).toBe("SQ0327");
  expect(one?.help).toBe("To the past: h_t <- h_{t-1}. To the future: h_t <- h_{t+2}.");
  expect(one?.labels.map(({ text }) => text)).toEqual(["1 step back", "2 steps ahead"]);
});
