/** SQ0253 to SQ0260: what the text shows to be wrong with values that are bootstrapped, with policies, and with where something is trained. */
import { mended, unmended } from "../syntax/diagnostics/record.js";

const STEP = "S_{t-1}, a_{t-1} --[step]-> S_t, O_t, r_t, d_t\n";

export const targetUsesPast = mended("SQ0253", "target that uses the past",
  "The value of a step is the reward after it and, discounted, the value of the next step. Trained toward the value before it, it learns the past: " +
  "`V_t => gamma*V_{t-1} + r_t` exchanges the sides of `V_{t-1} => r_t + gamma*V_t`.",
  ["0.9 -> gamma\nx_t --[Value]-> V_t => gamma * V_{t-1} + r_t", "x_t --[W|tanh]-> h_t --[U]-> u_t\nu_t =[huber(1)]=> 0.95*u_{t-1} + c_t",
    "0.5 -> g\nx_t --[N]-> n_t => w_t + g * n_{t-2} * (1 - d_t)"], "lint");

export const rewardBeforeAction = mended("SQ0254", "reward that precedes the action",
  "`step` makes S_t, O_t, r_t, d_t out of S_{t-1} and a_{t-1}: `r_t` is what the action before `O_t` earned. What follows the value of `O_t` is " +
  "`r_{t+1}`, so that beside `V_{t+1}` stands `r_{t+1}`.",
  [`${STEP}0.9 -> gamma\nO_t --[V]-> v_t => r_t + gamma * (1 - d_{t+1}) * v_{t+1}`,
    "s_{t-1}, u_{t-1} --[step]-> s_t, x_t, c_t, e_t\n0.5 -> g\nx_t --[N]-> n_t\nn_{t+1}*g + c_t - n_t -> b_t\nb_t => 0.0",
    "S_{t-1}, a_{t-1} --[step]-> S_t, O_t, r_t\nO_t --[Critic]-> w_t =[huber(1)]=> 0.1*r_t + 0.9*w_{t+1}"], "lint");

export const unmaskedBootstrap = mended("SQ0255", "value after the end",
  "Where an episode ends (`d` is 1) no value follows, and what a network says of the last observation is not to be counted: " +
  "`r + gamma*(1-d)*V`. Truncation leaves `d` at 0, and the value counts.",
  ["0.9 -> gamma\no --[Q]-> q\no' --[target(Q, every=9)]-> q'\na : class[3]\nq[a] => r + gamma * max(q')\n@metric ends = d",
    "x_t --[Value]-> V_t => r_{t+1} + 0.9*V_{t+1}\n@metric ends = d_t", `${STEP}O_t --[W]-> w_t\nr_{t+1} + 0.5*w_{t+1} - w_t -> e_t\n$ -e_t*e_t`], "lint");

export const earlyMask = mended("SQ0256", "mask of the step before",
  "`d_t` says that the episode ended with the observation of step t. What is of step t+1 is masked with `d_{t+1}`.",
  [`${STEP}O_t --[A]-> b_t\nb_t + 0.9 * c_{t+1} * (1-d_t) -> c_t\n0 -> c_T\n$ -c_t`, `${STEP}0 -> g_T\nr_{t+1} + 0.9*(1 - d_t)*g_{t+1} -> g_t\nO_t --[V]-> v_t => g_t`,
    "s_{t-1}, u_{t-1} --[step]-> s_t, x_t, c_t, e_t\nx_t --[N]-> n_t => c_{t+1} + (1 - e_t) * n_{t+1} * 0.5"], "lint");

export const wholePolicy = mended("SQ0257", "objective that weights every action",
  "The logarithm of a policy is a vector, one number for each action, and an objective is a scalar. What is ascended is the one of the action that was " +
  "taken: `A_t * log(pi_t[a_t])`.",
  ["x_t --[Policy|softmax]-> pi_t --[sample]-> a_t\npi_t $ w_t * log(pi_t)", "x --[P|softmax]-> p $ log(p) * y\nc : class[4]",
    "x --[H|relu|P|softmax]-> p --[sample]-> k\n$ 2.0 * (log(p) - b)"]);

export const unnormalisedPolicy = mended("SQ0258", "policy that is not normalised",
  "`sample` draws by probabilities, and the logarithm of a policy is that of probabilities. A layer gives any numbers, until `softmax` (or `sigmoid`) makes " +
  "probabilities of them.",
  ["x --[M]-> p --[sample]-> a\np[a] => r", "x --[H|relu|P]-> p\na : class[3]\np $ r * log(p[a])", "Net := [H|tanh|P]\nx --[Net]-> p\nsample(p) -> a\n$ r * log(p[a])",
    "x --[P|tanh|sample]-> a\none_hot(a) --[M]-> p => y"]);

export const trainingMacro = unmended("SQ0260", "statement that trains within a macro",
  "A macro gives values, wherever it is applied; what they are trained toward is said where it is applied. A value of its own that is to be trained is one of its results.",
  "where it is applied, a name must be chosen for what it gives beside",
  ["Net: x\n    x --[A|tanh]-> h --[B]-> q => y\n    return h\nx --[Net_1|C]-> p => y", "Enc: u_t\n    0 -> s_0\n    s_{t-1}|u_t --[A|tanh]-> s_t\n    s_t $ -sum(s_t^2)\n    return s_t\nx_t --[Enc|B]-> p_t => y_t",
    "Twice: v\n    v --[A|relu]-> w\n    $ -0.01 * sum(abs(w))\n    return w\nX --[Twice_1|Twice_2|Out|softmax]-> p => one_hot(y)"]);

export const goalsDiagnostics = [targetUsesPast, rewardBeforeAction, unmaskedBootstrap, earlyMask, wholePolicy, unnormalisedPolicy, trainingMacro];
