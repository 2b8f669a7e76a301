/** Recurrences all of whose steps are counted from one end of a sequence, however long that is. */
import { testAgreement } from "./agreement.js";
import type { Least } from "./least.js";

const HEAD = "x_t : [2]\nF : dense[2]\n";
const few = (last: readonly number[], ...lines: readonly string[]): Least => ({ last, end: Math.max(...last), text: `${HEAD}${lines.join("\n")}\n` });
const Z = "z : [2]";

testAgreement({
  "three steps before one that is given": few([5, 3, 4], "x_3 -> h_3", "h_{t+1} | x_t --[F|tanh]-> h_t", "h_1 => z", Z),
  "the same, each of them read": few([5, 5, 5], "x_4 -> h_4", "h_{t+1} | x_t --[F|tanh]-> h_t", "mean(h_{1..4}, axis=0) => z", Z),
  "the last three steps": few([5, 4, 6], "x_{T-3} -> h_{T-3}", "h_{t-1} | x_t --[F|tanh]-> h_t", "h_T => z", Z),
  "the last three steps, rows of one length": few([6, 6], "0.5 -> h_{T-3}", "h_{t-1} | x_t --[F|tanh]-> h_t", "y_t : [2]", "h_t => y_t"),
  "one step": few([5, 3, 2], "x_2 -> h_2", "h_{t+1} | x_t --[F|tanh]-> h_t", "h_1 => z", Z),
  "the last step": few([5, 3, 2], "0.3 -> h_{T-1}", "h_{t-1} | x_t --[F|tanh]-> h_t", "h_T => z", Z),
  "two that are given": few([5, 4], "x_3 -> h_3", "0.5*x_4 -> h_4", "h_{t+1} | h_{t+2} --[F|tanh]-> h_t", "h_1 => z", Z),
  "two states of as many steps": few([5, 4], "x_4 -> h_4", "0.1 -> g_4", "h_{t+1} | g_{t+1} | x_t --[F|tanh]-> h_t", "h_t | g_{t+1} --[G|tanh]-> g_t", "G : dense[2]", "h_1 | g_1 --[O]-> o => z", "O : dense[2]", Z),
  "two states of which one begins earlier": few([6, 5], "x_3 -> h_3", "0.1 -> g_4", "h_{t+1} | g_{t+2} | x_t --[F|tanh]-> h_t", "h_t | g_{t+1} --[G|tanh]-> g_t", "G : dense[2]", "h_1 | g_1 --[O]-> o => z", "O : dense[2]", Z),
  "two states, apart": few([7, 6], "x_2 -> h_2", "0.1 -> g_5", "h_{t+1} | g_{t+2} --[F|tanh]-> h_t", "g_{t+1} | x_t | g_{t+1} --[G|tanh]-> g_t", "G : dense[2]", "h_1 | g_1 --[O]-> o => z", "O : dense[2]", Z),
  "a state of its own, in a macro": few([6, 5], "Cell: v", "    0 -> s_4", "    s_{t+1} | v --[C|tanh]-> s_t", "    C : dense[2]", "    return s_t", "x_t --[Cell_1]-> h_t", "h_1 --[F]-> q => z", Z),
  "what is made of them, beside what all steps have": few([5, 4, 3], "x_3 -> h_3", "h_{t+1} | x_t --[F|tanh]-> h_t", "0 -> g_0", "g_{t-1} | h_1 | x_t --[G|tanh]-> g_t", "G : dense[2]", "y_t : [2]", "g_t => y_t"),
  "a range of its own past": few([6, 5, 5], "x_4 -> h_4", "mean(h_{t+1..t+2}, axis=0) | x_t --[F|tanh]-> h_t", "h_1 => z", Z),
  "last steps that run backward": few([5, 4, 6], "0.3 -> g_{T-3}", "g_{t-1} | x_t --[F|tanh]-> g_t", "0.2 -> h_T", "h_{t+1} | g_t --[G|tanh]-> h_t", "G : dense[2]", "h_{T-3} => z", Z),
  "the last steps of all rows, each read": few([5, 4, 6], "x_{T-3} -> h_{T-3}", "h_{t-1} | x_t --[F|tanh]-> h_t", "y_t : [2]", "h_t => y_t"),
  "last steps that read each other at several steps": few([5, 4, 6], "x_{T-3} -> h_{T-3}", "0.3 -> h_{T-2}", "h_{t-1} | h_{t-2} | x_{t-1} --[F|tanh]-> h_t", "y_t : [2]", "h_t => y_t"),
  "last steps, a range of their own past, and draws": few([5, 4, 6], "0.3 -> h_{T-3}", "max(h_{t-2..t-1}, axis=0) | dropout(x_{t-1}) --[F|tanh]-> h_t", "y_t : [2]", "0.1*t*h_{t-1} => y_t"),
  "numbers of steps, and draws": few([6, 5, 5], "x_4 -> h_4", "0.1*t*h_{t+1} | dropout(x_t) --[F|tanh]-> h_t", "h_1 => z", Z),
});
