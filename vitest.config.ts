import { defineConfig } from "vitest/config";

const conditions = ["@sequent/source"];

// Under nx each package also leaves a report, from which scripts/verify.mjs adds up what passed and what failed.
const underNx = process.env["NX_TASK_TARGET_PROJECT"] !== undefined;

export default defineConfig({
  resolve: { conditions: [...conditions, "module", "import", "default"] },
  ssr: { resolve: { conditions: [...conditions, "node", "import", "default"] } },
  test: {
    include: ["test/**/*.test.ts"],
    environment: "node",
    passWithNoTests: true,
    // Nothing here keeps state in a module: the files of a worker share what they import, which takes longer than half of them run.
    isolate: false,
    // A loaded machine is slow, not wrong.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: underNx ? ["default", ["json", { outputFile: "reports/vitest.json" }]] : ["default"],
  },
});
