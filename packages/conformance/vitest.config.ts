import { mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";

export default mergeConfig(base, { test: { name: "conformance", root: import.meta.dirname } });
