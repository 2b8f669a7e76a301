// All records that the documentation is generated from, read from the packages' sources.
export { catalogue, directives, INITIALISERS, losses, ops } from "@sequent/compiler";
export { transforms } from "@sequent/transform-autodiff";
