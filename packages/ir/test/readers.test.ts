import fc from "fast-check";
import { expect, it } from "vitest";
import { read, readersOf } from "../src/index.js";

it("gives every reader of every node, in order", () => {
  const graph = fc.integer({ min: 0, max: 12 }).chain((size) =>
    fc.tuple(...Array.from({ length: size }, () => fc.array(fc.integer({ min: 0, max: size - 1 }), { maxLength: 4 }))));
  fc.assert(
    fc.property(graph, (reads: readonly (readonly number[])[]) => {
      const readers = readersOf(reads.length, (id) => (reads[id] ?? []).map((node) => read(node)));
      reads.forEach((_, node) => {
        const found: number[] = [];
        readers(node, (reader) => found.push(reader));
        expect(found).toEqual(reads.flatMap((list, id) => list.filter((of) => of === node).map(() => id)));
      });
    }),
  );
});
