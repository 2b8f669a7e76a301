/** Positions, parts and shapes. */
import { at, atom, call, isLiteral, LEVEL, literal, method, tuple } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Lowering, Use } from "./lowering.js";
import { axisOf, input, leadingSizes, leadOf, lower, numberOf, numbersOf, rankOf, typeOf, unsqueezed } from "./support.js";

const isBatched = (use: Use): boolean => use.batched.includes(true);
const subscript = (x: Code, index: string): Code => atom(`${at(x, LEVEL.atom)}[${index}]`);

/** e[i] of any axis, which is moved to the end first. */
const element = (use: Use): Code => {
  const axis = axisOf(use.attrs["axis"], typeOf(use, 0));
  if (axis === -1) return lastElement(use);
  const moved = method(input(use, 0), "movedim", String(axis), "-1");
  return lastElement({ ...use, ins: () => [moved, ...use.ins().slice(1)] });
};

/** e[i] of the last axis. */
const lastElement = (use: Use): Code => {
  const [e, i] = [input(use, 0), input(use, 1)];
  const many = rankOf(typeOf(use, 1));
  if (/^[0-9]+$/.test(i.text)) return subscript(e, `..., ${i.text}`);
  if (use.batched[1] !== true && use.batched[0] !== true && many === 0) return subscript(e, `..., ${i.text}.long()`);
  const index = method(i, "long");
  if (use.batched[0] !== true) return many === 0 && rankOf(typeOf(use, 0)) === 1 ? subscript(e, index.text) : method(subscript(e, `..., ${index.text}`), "movedim", String(rankOf(typeOf(use, 0)) - 1), "0");
  const lead = rankOf(typeOf(use, 0)) - 1;
  if (many === 0) {
    const spread = lead === 0 ? method(index, "unsqueeze", "-1") : method(unsqueezed(index, lead + 1), "expand", [`*${e.text}.shape[:-1]`, "1"].join(", "));
    return method(method(e, "gather", "-1", spread), "squeeze", "-1");
  }
  const sizes = typeOf(use, 1).shape;
  const flat = method(index, "reshape", [...leadingSizes(use.leads[1] ?? 0, i), ...Array<string>(lead).fill("1"), "math.prod(" + tuple(sizes.map(String)) + ")"].join(", "));
  use.needs("math");
  const spread = lead === 0 ? flat : method(flat, "expand", [`*${e.text}.shape[:-1]`, "-1"].join(", "));
  return method(method(e, "gather", "-1", spread), "unflatten", "-1", tuple(sizes.map(String)));
};

const slice = (use: Use): Code => {
  const type = typeOf(use);
  const from = numberOf(use.attrs["from"]);
  const to = use.attrs["to"];
  const bounds = `${from === 0 ? "" : literal(from).text}:${typeof to === "number" ? literal(to).text : ""}`;
  const behind = -1 - axisOf(use.attrs["axis"], type);
  if (!isBatched(use) && behind === rankOf(typeOf(use)) - 1) return subscript(input(use), bounds);
  return subscript(input(use), ["...", bounds, ...Array<string>(behind).fill(":")].join(", "));
};

const shaped = (use: Use, sizes: readonly (number | string)[]): Code =>
  method(input(use), "reshape", isBatched(use) ? [...leadingSizes(leadOf(use), input(use)), ...sizes].join(", ") : (sizes.length === 0 ? "()" : sizes.join(", ")));

const concat = (use: Use): Code => {
  const batched = isBatched(use);
  const parts = use.ins().map((x, k) => {
    const scalar = rankOf(typeOf(use, k)) === 0;
    const number = isLiteral(x);
    const asVector = number ? call("torch.tensor", `[${x.text}]`) : scalar ? method(x, "unsqueeze", "-1") : x;
    if (!batched || use.batched[k] === true) return asVector.text;
    const like = use.ins()[use.batched.indexOf(true)]?.text ?? "";
    const rows = leadOf(use) === 2 ? `*${like}.shape[:2]` : `len(${like})`;
    return method(asVector, "expand", [rows, ...Array<string>(Math.max(1, rankOf(typeOf(use, k)))).fill("-1")].join(", ")).text;
  });
  return call("torch.cat", `[${parts.join(", ")}]`, "-1");
};
const ALIGNED = { aligned: true } as const;

export const INDEXING: readonly Lowering[] = [
  lower("core.one_hot", (use) => {
    use.needs("F");
    const hot = call("F.one_hot", method(input(use), "long"), String(use.type.shape.at(-1)));
    return method(hot, "to", "torch.get_default_dtype()");
  }),
  lower("core.index", element, ALIGNED),
  lower("core.slice", slice),
  lower("core.concat", concat, ALIGNED),
  lower("core.reshape", (use) =>
    use.type.shape.length === 0 && rankOf(typeOf(use)) === 1 ? method(input(use), "squeeze", "-1") : shaped(use, use.type.shape)),
  lower("core.flatten", (use) => {
    if (!isBatched(use)) return method(input(use), "flatten");
    return rankOf(typeOf(use)) === 0 ? method(input(use), "unsqueeze", "-1") : method(input(use), "flatten", String(leadOf(use)));
  }),
  lower("core.permute", (use) => {
    const axes = numbersOf(use.attrs["axes"]);
    if (!isBatched(use) && axes.join() === "1,0") return method(input(use), "t");
    const lead = leadOf(use);
    return method(input(use), "permute", [...Array.from({ length: lead }, (_, k) => k), ...axes.map((axis) => axis + lead)].join(", "));
  }),
  lower("core.embed", (use) => {
    use.needs("F");
    return call("F.embedding", method(input(use, 0), "long"), input(use, 1));
  }, {
    module: (use) => {
      const [classes, features] = typeOf(use, 1).shape;
      return { construct: `nn.Embedding(${String(classes)}, ${String(features)})`, apply: (module) => call(module, method(input(use), "long")) };
    },
  }),
];
