/** Programs with `x $ J` from one instance of x, where values lie on the way at several steps, and the same in plain numbers. */

/** A state of one row at a step, each element by itself; null where there is none. */
export type State = (t: number) => number | null;
export type States = Readonly<Record<string, State>>;
/** What a program's states are, of one element, in terms of each other and of the data; `last` is T. */
export type Model = (at: (name: string, t: number) => number | null, last: number) => States;

export const over = (f: (...xs: readonly number[]) => number, ...xs: readonly (number | null)[]): number | null =>
  xs.every((x) => x !== null) ? f(...xs) : null;

export const TYPES = "x_t : [2]\ny_t : [2]\nM : dense[2]\nN : dense[2]\nx_t --[M]-> u_t\ny_t --[N|tanh]-> w_t\n";
export const FORWARD = "0 -> g_0\n0.5*g_{t-1}*g_{t-1} + u_t -> g_t\n";
export const forward: Model = (at) => ({ g: (t) => (t === 0 ? 0 : over((g, u) => 0.5 * g * g + u, at("g", t - 1), at("u", t))) });

export interface Case {
  readonly source: string;
  /** The states of the program besides `u` and `w`, and `J` of one element. */
  readonly model: Model;
  /** The left side: names and how many steps later than t. */
  readonly members: readonly (readonly [string, number])[];
}

export const CASES: Readonly<Record<string, Case>> = {
  "a recurrence, from the step before": {
    source: `${FORWARD}u_{t-1} $ sum(exp(g_t))\n`, members: [["u", -1]],
    model: (at, last) => ({ ...forward(at, last), J: (t) => over(Math.exp, at("g", t)) }),
  },
  "a lag of two, and of the recurrence too": {
    source: "0 -> g_0\n0 -> g_1\n0.5*g_{t-1}*g_{t-2} + u_t*w_{t-1} -> g_t\nu_{t-2} $ sum(g_t*g_{t-1})\n", members: [["u", -2]],
    model: (at) => ({
      g: (t) => (t === 0 || t === 1 ? 0 : over((a, b, u, w) => 0.5 * a * b + u * w, at("g", t - 1), at("g", t - 2), at("u", t), at("w", t - 1))),
      J: (t) => over((a, b) => a * b, at("g", t), at("g", t - 1)),
    }),
  },
  "a backward recurrence, from later steps": {
    source: "0 -> s_{T+1}\ntanh(s_{t+1})*w_t + tanh(u_t) -> s_t\nu_{t+2} $ sum(exp(s_t))\n", members: [["u", 2]],
    model: (at, last) => ({
      s: (t) => (t === last + 1 ? 0 : over((s, w, u) => Math.tanh(s) * w + Math.tanh(u), at("s", t + 1), at("w", t), at("u", t))),
      J: (t) => (t > last ? null : over(Math.exp, at("s", t))),
    }),
  },
  "a boundary at the end that reads the member": {
    source: "u_T -> s_T\ns_{t+1}*w_t + tanh(u_t) -> s_t\nu_{t+1} $ sum(exp(s_t))\n", members: [["u", 1]],
    model: (at, last) => ({
      s: (t) => (t === last ? at("u", t) : over((s, w, u) => s * w + Math.tanh(u), at("s", t + 1), at("w", t), at("u", t))),
      J: (t) => over(Math.exp, at("s", t)),
    }),
  },
  "a recurrent state itself": {
    source: `${FORWARD}g_{t-2} $ sum(exp(g_t))\n`, members: [["g", -2]],
    model: (at, last) => ({ ...forward(at, last), J: (t) => over(Math.exp, at("g", t)) }),
  },
  "members of a tuple, each with the other held constant": {
    source: `${FORWARD}u_{t-1}, g_{t-1} $ sum(exp(g_t)*u_{t-1}*u_t)\n`, members: [["u", -1], ["g", -1]],
    model: (at, last) => ({ ...forward(at, last), J: (t) => over((g, u, v) => Math.exp(g) * u * v, at("g", t), at("u", t - 1), at("u", t)) }),
  },
  "two steps of one value as members": {
    source: `${FORWARD}u_t, u_{t-1} $ sum(exp(g_t)*u_{t-1})\n`, members: [["u", 0], ["u", -1]],
    model: (at, last) => ({ ...forward(at, last), J: (t) => over((g, u) => Math.exp(g) * u, at("g", t), at("u", t - 1)) }),
  },
  "past and future, without a recurrence": {
    source: "u_t*u_{t+1} -> v_t\nv_t*v_{t-1} -> z_t\nu_t $ sum(exp(z_t)*z_{t-1})\n", members: [["u", 0]],
    model: (at) => ({
      v: (t) => over((a, b) => a * b, at("u", t), at("u", t + 1)),
      z: (t) => over((a, b) => a * b, at("v", t), at("v", t - 1)),
      J: (t) => over((a, b) => Math.exp(a) * b, at("z", t), at("z", t - 1)),
    }),
  },
  "both directions side by side": {
    source: `${FORWARD}0 -> s_{T+1}\n0.5*s_{t+1}*s_{t+1} + u_t -> s_t\nu_{t+1}, u_{t-1} $ sum(exp(g_t + s_t))\n`, members: [["u", 1], ["u", -1]],
    model: (at, last) => ({
      ...forward(at, last),
      s: (t) => (t === last + 1 ? 0 : over((s, u) => 0.5 * s * s + u, at("s", t + 1), at("u", t))),
      J: (t) => (t > last ? null : over((g, s) => Math.exp(g + s), at("g", t), at("s", t))),
    }),
  },
  "a call that is frozen, at each of its steps": {
    source: "F: a, b\n    a*b + tanh(b) -> c\n    return c\n0 -> g_0\ng_{t-1}, u_t --[frozen(F)]-> g_t\nu_{t-1} $ sum(exp(g_t))\n", members: [["u", -1]],
    model: (at) => ({
      g: (t) => (t === 0 ? 0 : over((a, b) => a * b + Math.tanh(b), at("g", t - 1), at("u", t))),
      J: (t) => over(Math.exp, at("g", t)),
    }),
  },
  "an objective of all steps": {
    source: "tanh(u_t)*w_t -> v_t\nu_t $ sum(exp(v_T)) + sum(exp(v_1))\n", members: [["u", 0]],
    model: (at, last) => ({
      v: (t) => over((u, w) => Math.tanh(u) * w, at("u", t), at("w", t)),
      // One for all steps: the same at each.
      J: () => over((a, b) => Math.exp(a) + Math.exp(b), at("v", last), at("v", 1)),
    }),
  },
};
