/** What `--compile` compiles of a model that has loops. */
import type { StepMethods } from "../time/extract-step.js";
import type { Definitions } from "./function.js";

/** A method by the path of its module in the model; "" is the model. */
export interface Method {
  readonly module: string;
  readonly name: string;
}

export interface Compiled {
  readonly methods: readonly Method[];
  readonly modules: readonly string[];
}

/** The steps of loops, wherever they are, and the modules that no step calls and that have no loops. */
export const compiledIn = (steps: StepMethods, attributes: ReadonlyMap<string, string>, definitions: Definitions): Compiled => {
  const methods: Method[] = [], modules: string[] = [];
  const look = (module: string, steps: StepMethods, within: ReadonlyMap<string, string>): void => {
    const text = steps.texts().flat().join("\n");
    methods.push(...steps.names().map((name) => ({ module, name })));
    for (const [attribute, construct] of within) {
      const definition = definitions.list.find((one) => one.isModule && construct.startsWith(`${one.name}(`));
      const place = module === "" ? attribute : `${module}.${attribute}`;
      if (definition === undefined) continue;
      if (definition.steps !== null) look(place, definition.steps, definition.attributes);
      else if (!text.includes(`self.${attribute}(`)) modules.push(place);
    }
  };
  look("", steps, attributes);
  return { methods, modules };
};
