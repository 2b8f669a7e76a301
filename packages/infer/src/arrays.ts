/** Arrays whose axes are not those that the program says, told before anything is inferred from either. */
import { diagnose, NOWHERE } from "@sequent/ir";
import type { Declared, Diagnostic, Fix, NodeId, Program } from "@sequent/ir";
import * as D from "./diagnostics.js";
import { seedsOf, shapeOfSample } from "./facts.js";
import type { ArrayType, DataTypes } from "./unknowns.js";

const bracketed = (sizes: readonly (number | string)[]): string => `[${sizes.join(", ")}]`;

/** `[128 samples, 16 steps, 3]`. */
export const printAxes = ({ shape }: ArrayType, timed: boolean): string => {
  const nouns = timed ? ["samples", "steps"] : ["samples"];
  return bracketed(shape.map((size, k) => (nouns[k] === undefined ? size : `${String(size)} ${nouns[k]}`)));
};

const declaredAs = (array: ArrayType, timed: boolean, { classes, dtype, written }: Declared): readonly Fix[] => {
  const sizes = shapeOfSample(array, timed);
  if (written === undefined || classes !== null || sizes.includes(0)) return [];
  const text = `${dtype === "int" ? "int" : ""}${bracketed(sizes)}`;
  return [{ title: `declare \`${text}\``, edits: [{ at: written, text }], unsafe: false }];
};

/** One for each input whose array cannot be it. */
export const unlikeArrays = (program: Program, data: DataTypes): readonly Diagnostic[] => {
  if (data.size === 0) return [];
  const seeds = seedsOf(program);
  const declared = new Map<NodeId, Declared>(program.declared.map((one) => [one.node, one]));
  return program.nodes.flatMap((node, id): readonly Diagnostic[] => {
    const array = node.tag === "input" && !seeds.has(id) ? data.get(node.name) : undefined;
    if (node.tag !== "input" || array === undefined) return [];
    const timed = node.time === true;
    const name = timed ? `${node.name}_t` : node.name;
    const own = declared.get(id);
    const at = own?.span ?? program.spans[id] ?? NOWHERE;
    const wanted = own?.shape ?? null;
    const axes = [timed ? "samples, time" : "samples", ...(wanted ?? ["…"])];
    if (array.shape.length < (timed ? 2 : 1)) {
      const plain = bracketed(array.shape);
      const help = timed && array.shape.length === 1
        ? `\`${name}\` has a value at every step, so its array is ${bracketed(axes)}. If it has one a sample, read \`${node.name}\` without \`t\`.` : `Its array is ${bracketed(axes)}.`;
      return [diagnose(D.unlikeArray, `the array ${node.name} ${plain} has no axis for ${array.shape.length === 0 ? "samples" : "steps"}`, [{ at, text: `read as \`${name}\`` }], { help })];
    }
    const sizes = shapeOfSample(array, timed);
    if (own === undefined || wanted === null || (wanted.length === sizes.length && wanted.every((size, k) => size === sizes[k]))) return [];
    // Without its samples the array is what is declared: then what is read as steps is no time.
    const flat = timed && bracketed(array.shape.slice(1)) === bracketed(wanted);
    const deep = !timed && bracketed(array.shape.slice(2)) === bracketed(wanted) && array.shape.length === wanted.length + 2;
    const help = flat ? `It has no axis for steps: read \`${node.name}\` without \`t\`, or give an array ${bracketed(axes)}.`
      : `\`${name}\` wants an array ${bracketed(axes)}.${deep ? ` If the second axis is time, read \`${node.name}_t\`.` : ""}`;
    const message = `the array ${node.name} is ${printAxes(array, timed)}, and ${bracketed(wanted)} is declared`;
    return [diagnose(D.unlikeArray, message, [{ at, text: `declared as ${bracketed(wanted)}` }], { help, fixes: flat ? [] : declaredAs(array, timed, own) })];
  });
};
