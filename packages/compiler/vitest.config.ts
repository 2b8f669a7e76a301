import { mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";

// Two files at once: by itself vitest leaves one core idle, and of two that is half.
export default mergeConfig(base, { test: { name: "compiler", root: import.meta.dirname, maxWorkers: 2 } });
