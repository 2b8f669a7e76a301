/** Recurrences that PyTorch has a kernel for, in disguise, and those that look like one. */

const INPUTS = ["x : [3]", "y : [4]"];
const START = ["0 -> h_0", "0 -> c_0"];
const GATES = [
  "h_{t-1} | x_t --[F|sigmoid]-> f_t", "h_{t-1} | x_t --[I|sigmoid]-> i_t", "h_{t-1} | x_t --[O|sigmoid]-> o_t", "h_{t-1} | x_t --[G|tanh]-> g_t",
];
const CELL = ["f_t * c_{t-1} + i_t * g_t -> c_t", "o_t * tanh(c_t) -> h_t"];
const END = ["h_t => y_t"];
const SIZE = ["F : dense[4]"];
const lstm = (change: Readonly<Record<string, string>> = {}, more: readonly string[] = []): readonly string[] =>
  [...INPUTS, ...SIZE, ...START, ...GATES, ...CELL, ...END, ...more].map((line) => Object.entries(change).reduce((text, [from, to]) => text.replaceAll(from, to), line));
const RNN = [...INPUTS, "F : dense[4]", "0 -> h_0", "h_{t-1} | x_t --[F|tanh]-> h_t", ...END];

export const DISGUISES: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  "as equations": ["lstm", lstm()],
  "with other names": ["lstm", lstm({ "F|": "Keep|", "F :": "Keep :", "f_t": "keep_t", "g_t": "candidate_t", "c_": "cell_", "h_": "out_" })],
  "in another order": ["lstm", [...INPUTS, ...SIZE, ...END, ...CELL.toReversed(), ...GATES.toReversed(), ...START]],
  "x in front of h": ["lstm", lstm({ "h_{t-1} | x_t": "x_t | h_{t-1}" })],
  "products and sums turned around": ["lstm", lstm({ "f_t * c_{t-1} + i_t * g_t": "g_t * i_t + c_{t-1} * f_t", "o_t * tanh(c_t)": "tanh(c_t) * o_t" })],
  "as a macro with its own state": ["lstm", [...INPUTS, "Cell: x_t", ...[...START, ...GATES, ...CELL, "return h_t"].map((line) => `    ${line}`), "x_t --[Cell]-> out_t => y_t", "F : dense[4]"]],
  "with split layers": ["lstm", lstm({ "h_{t-1} | x_t --[G|tanh]-> g_t": "tanh(G(h_{t-1}) + K(x_t)) -> g_t" })],
  "backward": ["lstm", lstm({ "{t-1}": "{t+1}", "h_0": "h_{T+1}", "c_0": "c_{T+1}" })],
  "from a start that is learnt": ["lstm", lstm({ "0 -> h_0": "z --[S|tanh]-> h_0" }, ["z : [2]"])],
  "of several inputs": ["lstm", lstm({ "h_{t-1} | x_t": "h_{t-1} | x_t | u_t" }, ["u : [2]"])],
  "a vanilla RNN": ["rnn_tanh", RNN],
  "of rectifiers": ["rnn_relu", RNN.map((line) => line.replace("tanh", "relu"))],
};

export const NEAR_MISSES: Readonly<Record<string, readonly string[]>> = {
  "another activation of a gate": lstm({ "I|sigmoid": "I|tanh" }),
  "another activation of the output": lstm({ "tanh(c_t)": "sigmoid(c_t)" }),
  "a rectified candidate": lstm({ "G|tanh": "G|relu" }),
  "a tied gate": lstm({ "i_t * g_t": "(1 - f_t) * g_t", "h_{t-1} | x_t --[I|sigmoid]-> i_t": "h_{t-1} | x_t --[I|sigmoid]-> i_t => y_t" }),
  "one gate for two": lstm({ "i_t * g_t": "f_t * g_t", "h_{t-1} | x_t --[I|sigmoid]-> i_t": "h_{t-1} | x_t --[I|sigmoid]-> i_t => y_t" }),
  "a peephole": lstm({ "h_{t-1} | x_t --[F|sigmoid]": "h_{t-1} | c_{t-1} | x_t --[F|sigmoid]" }),
  "the cell read at all steps": lstm({}, ["c_t => y_t"]),
  "a gate read at all steps": lstm({}, ["f_t => y_t"]),
  "a difference for a sum": lstm({ "+ i_t * g_t": "- i_t * g_t" }),
  "two steps back": lstm({ "f_t * c_{t-1}": "f_t * c_{t-2}", "0 -> c_0": "0 -> c_0 ; 0 -> c_1" }),
  "a start that lasts two steps": lstm({ "0 -> h_0": "0 -> h_0 ; 0 -> h_1" }),
  "an activation without a kernel": RNN.map((line) => line.replace("F|tanh", "F|sigmoid")),
  "a residual": RNN.map((line) => line.replace("h_{t-1} | x_t --[F|tanh]-> h_t", "tanh(F(h_{t-1} | x_t)) + h_{t-1} -> h_t")),
  "a gated unit": [
    ...INPUTS, "F : dense[4]", "0 -> h_0", "h_{t-1} | x_t --[F|sigmoid]-> r_t", "h_{t-1} | x_t --[Z|sigmoid]-> z_t", "(r_t * h_{t-1}) | x_t --[L|tanh]-> l_t",
    "(1 - z_t) * h_{t-1} + z_t * l_t -> h_t", ...END,
  ],
};
