// All that the documentation is generated from, read from the packages' sources.
export { catalogue, compile, directives, emitPytorch, INITIALISERS, losses, ops } from "@sequent/compiler";
export { transforms } from "@sequent/transform-autodiff";
export { cliDiagnostics } from "../packages/cli/src/diagnostics.ts";
