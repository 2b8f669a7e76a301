/** Gradients over time against central differences of the loss. */
import { describe, expect, it } from "vitest";
import { PROGRAMS } from "./programs.js";
import { arraysOf, subject, worstError } from "./support.js";

describe("gradients of all weights are central differences of the loss", () => {
  it.each(Object.entries(PROGRAMS))("%s", (_, { source, data }) => {
    expect(worstError(subject(source, arraysOf(data)))).toBeLessThan(1e-6);
  });
});
