/** Operands as a lowering wants them: with the same axes in front, or with time and batch as one axis. */
import { invariant } from "@sequent/ir";
import { at, call, LEVEL, method } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Lead, Lowering, Use } from "../lowerings/lowering.js";
import { leadOf, rankOf, typeOf } from "../lowerings/support.js";
import { subscript } from "./read.js";

export const fitted = (lowering: Lowering, use: Use, print: (use: Use) => Code): Code => {
  const most = leadOf(use);
  const valid = use.overBatch && most === 2 ? use.valid() : null;
  if (valid !== null) return ofValid(use, valid, print);
  const isUneven = use.leads.some((lead, k) => lead > 0 && (lead < most || use.shared[k] === true));
  const wants = lowering.aligned === true || (lowering.flat === true && most === 2);
  if (most === 0 || !wants || (!isUneven && lowering.flat !== true)) return print(use);
  const ins = isUneven ? aligned(use) : use.ins();
  if (lowering.flat !== true || most < 2) return print({ ...use, ins: () => ins, leads: use.leads.map((lead) => (lead > 0 ? most : lead)) });
  const one = print({
    ...use, ins: () => ins.map((x, k) => ((use.leads[k] ?? 0) > 0 ? method(x, "flatten", "0", "1") : x)),
    leads: use.leads.map((lead) => (lead > 0 ? 1 : 0)), lead: use.lead > 0 ? 1 : 0,
  });
  const whole = ins[use.leads.indexOf(2)];
  return use.lead < 2 || whole === undefined ? one : method(one, "unflatten", "0", `${at(whole, LEVEL.atom)}.shape[:2]`);
};

/** A function of all instances where rows end early: it is given those that there are. */
const ofValid = (use: Use, valid: Code, print: (use: Use) => Code): Code => {
  const [x, ...rest] = aligned(use);
  invariant(x !== undefined && use.leads.slice(1).every((lead) => lead === 0), "a function of the whole batch reads one value over time");
  const leads = use.leads.map((lead): Lead => (lead === 0 ? 0 : 1));
  const made = print({ ...use, ins: () => [subscript(x, valid.text), ...rest], leads, lead: 1 });
  return use.repeated(method(call("torch.zeros_like", x), "index_put", `(${valid.text},)`, made));
};

/** All operands that vary with time and batch. */
const aligned = (use: Use): readonly Code[] => {
  const most = leadOf(use);
  return use.ins().map((x, k) => {
    const lead = use.leads[k] ?? 0, isShared = use.shared[k] === true;
    if (lead === 0 || (lead === most && !isShared)) return x;
    const like = use.leads.findIndex((one, j) => one === most && use.shared[j] !== true);
    const steps = most === 2 ? [lead === 2 ? "-1" : `len(${(use.ins()[like] ?? x).text})`] : [];
    const rest = Array<string>(rankOf(typeOf(use, k))).fill("-1");
    return method(x, "expand", ...steps, isShared && like >= 0 ? use.rows : "-1", ...rest);
  });
};
