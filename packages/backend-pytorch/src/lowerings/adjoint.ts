/** What adjoints and updates are made of: sums over the batch, gradients of windows and of indexing, clocks. */
import { atom, at, call, code, divide, isLiteral, LEVEL, literal, method, number, tuple } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Lowering, Use } from "./lowering.js";
import { atLeastOne, expandedAlong, isAlong, summed } from "./internal.js";
import { input, LEADING, leadOf, lower, numberOf, numbersOf, rankOf, sizesOf, typeOf, unsqueezed } from "./support.js";
import { backThroughConv, weightOfConv } from "./window-adjoint.js";

/** What `step` calls the number of rows of all processes together. */
export const ROWS = "rows";
/** Where rows have sequences of their own lengths, what counts the instances of a value in all processes. */
export const COUNT_EVERYWHERE = "count_everywhere";
const LETTERS = "ijklmnopqrstuvw";
const isBatched = (use: Use, k: number): boolean => use.batched[k] === true;
const batchOf = (use: Use, k: number): string => LEADING[use.leads[k] ?? 0];
const eitherBatch = (use: Use): string => LEADING[leadOf(use)];
/** Time and batch as one axis. */
const flat = (use: Use, k: number): Code => (use.leads[k] === 2 ? method(input(use, k), "flatten", "0", "1") : input(use, k));

/** Σ over instances and `leading` axes of g⊗x. */
const outerTotal = (use: Use): Code => {
  const leading = numberOf(use.attrs["leading"]);
  const [g, x] = [rankOf(typeOf(use, 0)), rankOf(typeOf(use, 1))];
  if (leading === 0 && g === 1 && x === 1 && isBatched(use, 0) && use.leads[0] === use.leads[1]) {
    return code(`${method(flat(use, 0), "t").text} @ ${at(flat(use, 1), LEVEL.unary)}`, LEVEL.multiply);
  }
  const shared = LETTERS.slice(0, leading);
  const rows = LETTERS.slice(leading, g);
  const columns = LETTERS.slice(g, g + x - leading);
  const equation = `"${batchOf(use, 0)}${shared}${rows},${batchOf(use, 1)}${shared}${columns}->${rows}${columns}"`;
  return call("torch.einsum", equation, input(use, 0), input(use, 1));
};

/** Classes as rows of zeros with a one, in the precision of g. */
const places = (use: Use, n: number): Code => {
  use.needs("F");
  return method(call("F.one_hot", method(input(use, 1), "long"), String(n)), "to", `${at(input(use, 0), LEVEL.atom)}.dtype`);
};

/** g at one place of a new axis, with `behind` axes behind it. */
const atPlace = (use: Use, axis: number, behind: number, index: number): Code => {
  use.needs("F");
  const wide = method(input(use, 0), "unsqueeze", String(axis + (use.leads[0] ?? 0)));
  return call("F.pad", wide, tuple([...Array.from({ length: 2 * behind }, () => 0), index, numberOf(use.attrs["n"]) - index - 1]));
};

/** g [lead…, s…] at the places i [s…] of a new axis at `axis` of the lead. */
const indexBack = (use: Use): Code => {
  const many = rankOf(typeOf(use, 1));
  const lead = LETTERS.slice(0, rankOf(typeOf(use, 0)) - many);
  const spots = LETTERS.slice(lead.length, lead.length + many);
  const axis = numberOf(use.attrs["axis"], -1);
  const from = axis < 0 ? lead.length + 1 + axis : axis;
  if (isLiteral(input(use, 1))) return atPlace(use, from, lead.length - from, Number(input(use, 1).text));
  const out = `${lead.slice(0, from)}z${lead.slice(from)}`;
  const equation = `"${batchOf(use, 0)}${lead}${spots},${batchOf(use, 1)}${spots}z->${eitherBatch(use)}${out}"`;
  return call("torch.einsum", equation, input(use, 0), places(use, numberOf(use.attrs["n"])));
};

/** g [s…, f…] added at the rows i [s…] of a table; over all instances, or for each. */
const tableGradient = (use: Use, each: boolean): Code => {
  const many = rankOf(typeOf(use, 1));
  const spots = LETTERS.slice(0, many);
  const features = LETTERS.slice(many, rankOf(typeOf(use, 0)));
  const equation = `"${batchOf(use, 0)}${spots}${features},${batchOf(use, 1)}${spots}z->${each ? eitherBatch(use) : ""}z${features}"`;
  return call("torch.einsum", equation, input(use, 0), places(use, numberOf(use.attrs["n"])));
};
const tableTotal = (use: Use): Code => {
  if (!isBatched(use, 0) || use.leads[0] !== use.leads[1] || use.selected[0] === true) return tableGradient(use, false);
  const features = sizesOf(typeOf(use, 0)).slice(rankOf(typeOf(use, 1)));
  const rows = method(input(use, 1), "flatten");
  const terms = rankOf(typeOf(use, 1)) === 0 && use.leads[0] !== 2 ? input(use, 0) : method(input(use, 0), "reshape", "-1", ...features.map(String));
  const zeros = method(input(use, 0), "new_zeros", ...[numberOf(use.attrs["n"]), ...features].map(String));
  return method(zeros, "index_add", "0", method(rows, "long"), terms);
};

const place = (use: Use): Code => {
  use.needs("F");
  const axis = numberOf(use.attrs["axis"]);
  const size = sizesOf(typeOf(use))[axis] ?? 0;
  const from = numberOf(use.attrs["from"]);
  const behind = Array.from({ length: 2 * (rankOf(typeOf(use)) - axis - 1) }, () => 0);
  return call("F.pad", input(use), tuple([...behind, from, numberOf(use.attrs["n"]) - from - size]));
};

/** x in the shape of `like`, whose axes `axes` it lacks. */
const expandAs = (use: Use): Code => {
  const [x, like] = [input(use, 0), input(use, 1)];
  if (like.number === true) return x.number === true ? x : method(x, "clone");
  if (x.number === true) return call("torch.full_like", like, x);
  const rank = rankOf(typeOf(use, 1));
  if (isAlong(use)) return expandedAlong(use, x, like);
  if (rankOf(typeOf(use, 0)) === 0) {
    return method(isBatched(use, 0) ? unsqueezed(x, rank) : x, "expand_as", like);
  }
  const front = use.leads[0] ?? 0;
  const axes = [...numbersOf(use.attrs["axes"])].sort((a, b) => a - b);
  return method(axes.reduce((wide, axis) => method(wide, "unsqueeze", String(axis + front)), x), "expand_as", like);
};

/** The number of instances in all processes together. */
const counted = (use: Use): Code => atLeastOne(use, countedBare(use));
const countedBare = (use: Use): Code => {
  const over = use.over[0] ?? "both";
  if (use.selected[0] === true) return call(COUNT_EVERYWHERE, input(use));
  if (use.leads[0] !== 2) return atom(ROWS);
  const steps = call("len", input(use));
  return over === "time" ? steps : over === "batch" ? atom(ROWS) : code(`${steps.text} * ${ROWS}`, LEVEL.multiply);
};

const byMode = (use: Use): Code => {
  const [train, other] = [input(use, 0), input(use, 1)];
  const both = train.number === true && other.number === true;
  const like = (x: Code, y: Code): string => (x.number === true && y.number !== true ? call("torch.full_like", y, x).text : at(x, LEVEL.compare));
  const chosen = code(`${like(train, other)} if model.training else ${like(other, train)}`, LEVEL.ternary);
  return both ? number(chosen) : chosen;
};

export const ADJOINTS: readonly Lowering[] = [
  lower("core.outer_total", outerTotal),
  lower("core.embed_total", tableTotal),
  lower("core.embed_back", (use) => tableGradient(use, true)),
  lower("core.index_back", indexBack),
  lower("core.place", place),
  lower("core.expand_as", expandAs),
  lower("core.by_mode", byMode),
  // The loss of each sample is there already: its gradient reads it. What one process has summed is its part of the mean over all rows.
  lower("core.average", (use) => {
    if (!isBatched(use, 0)) return input(use);
    const axes = rankOf(typeOf(use)) === 0 ? [] : [summed(use)];
    return divide(method(input(use), "sum", ...axes), counted(use));
  }),
  lower("core.detach", (use) => input(use)),
  lower("core.count", (use) => (isBatched(use, 0) ? number(counted(use)) : literal(1)), { inline: true }),
  lower("core.norm_of", (use) => method(call("torch.cat", `[${use.ins().map((x) => method(x, "flatten").text).join(", ")}]`), "norm")),
  lower("core.update_count", () => number(atom("update")), { inline: true }),
  lower("core.every", (use) => number(call("float", `(update + 1) % ${String(numberOf(use.attrs["period"], 1))} == 0`)), { inline: true }),
  ...backThroughConv, ...weightOfConv,
];
