import { mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";

export default mergeConfig(base, { test: { name: "transform-time", root: import.meta.dirname } });
