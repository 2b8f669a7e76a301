import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";
import { boundariesPlugin } from "./eslint.boundaries.js";
import { may } from "./packages.table.js";

const nodeGlobals = { Buffer: "readonly", console: "readonly", process: "readonly", URL: "readonly" };

// Each of these type-checks and passes vitest, and then fails in plain Node or is bundled twice.
const imports = {
  patterns: [
    { regex: "^fp-ts(?!/lib/[A-Za-z]+\\.js$)", message: "Import fp-ts/lib/X.js: Node can't load the shorter path." },
    { regex: "^io-ts(?!/lib/[A-Za-z]+\\.js$)", message: "Import io-ts/lib/index.js: Node can't load the shorter path." },
    { regex: "^immer/|^@sequent/[^/]+/", message: "Import a package by its name alone." },
  ],
};

export default defineConfig(
  { ignores: ["**/dist/**", "**/bench/**", "**/coverage/**", "**/reports/**", "**/runs/**", "**/vitest.config.ts", ".venv/**", ".nx/**"] },
  js.configs.recommended,
  { files: ["**/*.js", "**/*.mjs"], languageOptions: { globals: nodeGlobals } },
  {
    files: ["packages/**/*.ts", "extensions/**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "no-restricted-imports": ["error", imports],
      "max-lines": ["error", { max: 450, skipBlankLines: true, skipComments: true }],
      "no-var": "error",
      "prefer-const": "error",
      "eqeqeq": "error",
      // `as const` stays allowed.
      "@typescript-eslint/consistent-type-assertions": ["error", { assertionStyle: "never" }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: "always" }],
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true }],
    },
  },
  {
    files: ["packages/**/*.ts"],
    plugins: { sequent: boundariesPlugin(import.meta.dirname, may) },
    rules: { "sequent/deps": "error" },
  },
  {
    // As someone outside would write it.
    files: ["extensions/**/*.ts"],
    rules: {
      "no-restricted-imports": ["error", {
        patterns: [...imports.patterns, { regex: "^@sequent/(?!compiler$)|/packages/", message: "The public API is @sequent/compiler." }],
      }],
    },
  },
  {
    // Where untyped data becomes typed, or records of differing type share one list: the only places for a cast.
    files: ["packages/*/src/**/*codec*.ts", "packages/*/src/**/*registry*.ts"],
    rules: { "@typescript-eslint/consistent-type-assertions": "off" },
  },
  {
    // A test may take a shape for granted that it would fail without.
    files: ["packages/*/test/**/*.ts", "extensions/*/test/**/*.ts"],
    rules: {
      "max-lines": "off",
      "@typescript-eslint/consistent-type-assertions": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/restrict-template-expressions": "off",
    },
  },
);
