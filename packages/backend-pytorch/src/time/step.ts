/** Values of one step, and terms of a sum on some steps: numbers and what rows share get the shape of the rest. */
import { read } from "@sequent/ir";
import type { Interval, NodeId, Piece } from "@sequent/ir";
import { at, atom, call, isLiteral, LEVEL, method } from "../model/code.js";
import type { Code } from "../model/code.js";
import type { Scribe } from "../model/body.js";
import type { Emission } from "../model/emission.js";
import { readKept } from "./read.js";
import type { Horizon, Kept } from "./read.js";
import { domainIn, fannedTerm, isBatched, rankAt } from "./reading.js";

/** A number or a value that all rows share, as the value of one step. */
export const spreadStep = (scribe: Pick<Scribe, "emission" | "reading">, id: NodeId, piece: Piece, value: Code): Code => spreadRow(scribe, id, piece.value.node, value);

/** The value of `source` in the shape of each row's `id`. */
export const spreadRow = ({ emission, reading }: Pick<Scribe, "emission" | "reading">, id: NodeId, source: NodeId, value: Code): Code => {
  const shape = ((emission.program.types ?? [])[id]?.[0]?.shape ?? []).map(String);
  const rows = isBatched(emission, id) ? reading.rows : "1";
  if (isLiteral(value)) {
    const sizes = [rows, ...shape].join(", ");
    return value.text === "0" ? call("torch.zeros", sizes + reading.horizon.device) : call("torch.full", `(${sizes}${shape.length === 0 ? "," : ""})`, filling(emission, id, value) + reading.horizon.device);
  }
  const missing = shape.length - rankAt(emission, source);
  const wide = missing > 0 ? atom(`${at(value, LEVEL.atom)}[${["...", ...Array<string>(missing).fill("None")].join(", ")}]`) : value;
  if (isBatched(emission, source) === isBatched(emission, id) && (missing <= 0 || isBatched(emission, source))) {
    return missing > 0 ? method(wide, "expand", "-1", ...shape) : value;
  }
  return method(wide, "expand", rows, ...shape.map((size) => (missing > 0 ? size : "-1")));
};

/** A number as PyTorch takes it for this type: it makes integers of integers. */
export const filling = (emission: Emission, id: NodeId, value: Code): string =>
  (emission.program.types ?? [])[id]?.[0]?.dtype === "float" && /^-?\d+$/.test(value.text) ? `${value.text}.0` : value.text;

export const zerosOf = ({ emission, reading }: Scribe, id: NodeId): Code => {
  const shape = ((emission.program.types ?? [])[id]?.[0]?.shape ?? []).map(String);
  return call("torch.zeros", [isBatched(emission, id) ? reading.rows : "1", ...shape].join(", ") + reading.horizon.device);
};

/** The values of a node at no step. */
export const noneOf = ({ emission, reading }: Scribe, id: NodeId): Code => {
  const [type] = (emission.program.types ?? [])[id] ?? [], axis = emission.time.axisOf(read(id));
  const sizes = (type?.shape ?? []).map((size) => (typeof size === "string" && axis !== null ? reading.horizon.count(axis.steps) : String(size)));
  return call("torch.zeros", ["0", isBatched(emission, id) ? reading.rows : "1", ...sizes].join(", ") + (type?.dtype === "int" ? ", dtype=torch.long" : "") + reading.horizon.device);
};

/** A term of the outside on some of its steps. */
export const padValue = (scribe: Scribe, keptAs: (id: NodeId) => Kept, { value }: Piece, on: Interval, horizon: Horizon = scribe.reading.horizon): Code => {
  const own = value.at.tag === "fan" ? domainIn(scribe.emission)(value.at.of).time : null;
  if (value.at.tag === "fan" && own !== null) return fannedTerm(scribe.emission, value.node, value.at.range, scribe.reading.value(read(value.node)), own, on, horizon);
  if (!scribe.emission.time.isTimed(value.node)) return scribe.reading.value(value);
  return readKept(keptAs(value.node), value.at, on, horizon);
};
