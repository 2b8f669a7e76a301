/** The source's own programs, as written and as fixed. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { applyFixes } from "../../src/index.js";
import { outcome } from "./setup.js";

const fixed = (text: string, code: string): string =>
  applyFixes(text, outcome(text).all.filter((one) => one.code === code), { unsafe: true }).text;
const errors = (text: string): readonly string[] => outcome(text).all.filter((one) => one.severity === "error").map((one) => one.code);

const GRU = `0 -> h_0
h_{t-1}|x_t -> c_t
c_t --[R|sigmoid]-> r_t
c_t --[Z|sigmoid]-> z_t
x_t|(h_{t-1}*r_t) --[H|tanh]-> l_t
h_{t-1} * (1 - z_t) + l_t -> h_t`;
const LSTM = `0 -> c_0
0 -> h_0
h_{t-1}|x_t -> p_t
p_t --[F|sigmoid]-> f_t
p_t --[I|sigmoid]-> i_t
p_t --[C|tanh]-> l_t
o_t --[O|sigmoid]-> o_t
c_{t-1}*f_t + i_t*l_t -> c_t
tanh(c_t)*o_t -> h_t`;
const ENC = `Enc: h_{t-1},x_t
    h_{t-1}|x_t -> c_t
    c_t --[R|sigmoid]-> r_t
    c_t --[Z|sigmoid]-> z_t
    x_t|(h_{t-1}*r_t) --[H|tanh]-> l_t
    h_{t-1} * (1 - z_t) + l_t -> h_t
    return h_t
`;

describe("the source's programs", () => {
  it("both perceptrons are right as written", () => {
    expect(outcome("X --[M_1|relu]-> h_1 --[M_2]-> p => y").codes).toEqual([]);
    expect(outcome("X --[M_1|relu]-> h_1 --[M_2|softmax]-> p => one_hot(y)").codes).toEqual([]);
  });
  it("the RNN: p is lifted to p_t, with a note", () => {
    const text = "0 -> h_0\nX_t|h_{t-1} --[Enc]-> h_t --[Gen]-> p => y_t";
    expect(outcome(text).codes).toEqual(["SQ0210"]);
    expect(fixed(text, "SQ0210")).toBe(text.replace("p =>", "p_t =>"));
    expect(outcome(fixed(text, "SQ0210")).codes).toEqual([]);
  });
  it("the GRU: its gate does not mix", () => {
    expect(outcome(GRU).codes).toEqual(["SQ0252"]);
    expect(fixed(GRU, "SQ0252")).toContain("h_{t-1} * (1 - z_t) + z_t*l_t -> h_t");
    expect(outcome(fixed(GRU, "SQ0252")).codes).toEqual([]);
  });
  it("the GRU as a macro: the same, once, however often it is applied", () => {
    const text = `${ENC}h_0 := 0\ng_0 := 0\nh_{t-1},x_t --[Enc_1]-> h_t\ng_{t-1},h_t --[Enc_2]-> g_t`;
    expect(outcome(text).codes).toEqual(["SQ0252"]);
    expect(outcome(fixed(text, "SQ0252")).codes).toEqual([]);
  });
  it("the LSTM: an instantaneous cycle, and p_t is what was meant", () => {
    const found = outcome(LSTM).all;
    expect(found.map((one) => one.code)).toEqual(["SQ0204"]);
    expect(found[0]?.message).toBe("instantaneous cycle: `o_t` needs itself");
    expect(fixed(LSTM, "SQ0204")).toBe(LSTM.replace("o_t --[O|", "p_t --[O|"));
    expect(outcome(fixed(LSTM, "SQ0204")).codes).toEqual([]);
  });
  it("TD with GRU: arguments crosswise", () => {
    const text = `${fixed(ENC, "none")}h_0 := 0\nO_t,h_{t-1} --[Enc]-> h_t\nh_t --[Value]-> V_t => r_t`;
    expect(outcome(text).codes).toContain("SQ0251");
    expect(fixed(text, "SQ0251")).toContain("h_{t-1},O_t --[Enc]->");
    expect(outcome(fixed(text, "SQ0251")).codes).not.toContain("SQ0251");
  });
  it("one value where a macro takes two: `,` for `|`", () => {
    const text = `${ENC}0 -> h_0\nX_t|h_{t-1} --[Enc]-> h_t => y_t`;
    expect(errors(text)).toEqual(["SQ0231"]);
    expect(fixed(text, "SQ0231")).toContain("X_t, h_{t-1} --[Enc]->");
    expect(errors(fixed(text, "SQ0231"))).toEqual([]);
  });
  it("environments and buffers are not there yet", () => {
    expect(new Set(errors("0.999 -> gamma\nreset() -> S_0\nS_{t-1},a_{t-1} --[step]-> S_t,O_t,r_t,d_t\nO_t --[Value]-> V_t => V_{t-1} * gamma + r_t"))).toEqual(new Set(["SQ0901"]));
    const dqn = readDqn;
    expect(new Set(errors(dqn))).toEqual(new Set(["SQ0901"]));
  });
});

const readDqn = `@env cartpole
@buffer B capacity=50000 batch=128
@learn every=8 after=1000
0.99 -> gamma
reset() -> S_0, O_0
O_t --[Q]-> q_t --[eps_greedy(linear(1, 0.05, 10000))]-> a_t
S_{t-1}, a_{t-1} --[step]-> S_t, O_t, r_t, d_t
Add_B(O_{t-1}, a_{t-1}, r_t, O_t, d_t)
Get_B() -> o, a, r, o', d
o --[Q]-> q
o' --[target(Q, every=500)]-> q'
q[a] => r + gamma * (1 - d) * max(q')`;

describe("the examples", () => {
  const folder = new URL("../../../../examples/", import.meta.url);
  for (const name of readdirSync(folder)) {
    const file = new URL(`${name}/main.seq`, folder);
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch {
      continue;
    }
    it(`${name} has no error, lint or note`, () => expect(outcome(text).all.map(({ code, message }) => `${code} ${message}`)).toEqual([]));
  }
});
