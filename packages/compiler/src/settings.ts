/** What the directives of a program say of its training, decoded. */
import type { Attrs, AttrValue, Directive, Env, Program, Span } from "@sequent/ir";

/** A value and the directive that gives it. */
export interface Given<A> {
  readonly value: A;
  readonly at: Span;
}

export interface DataSetting {
  readonly path: string;
  /** The share held out, or the file with the test part. */
  readonly test: number | string;
  /** Of the shuffle before the split; null: the run's. */
  readonly seed: number | null;
  /** Characters of a sequence that a text is cut into; null: all of it. */
  readonly length: number | null;
  /** `length=9` in the text. */
  readonly lengthAt: Span | null;
  readonly at: Span;
}

export interface Settings {
  readonly batch: Given<number> | null;
  readonly data: DataSetting | null;
  readonly length: Given<{ readonly unit: "epochs" | "steps"; readonly count: number }> | null;
  readonly seed: number;
}

const attrsOf = (directive: Directive, env: Env): Attrs => {
  const list = env.directives.get(directive.name)?.attributes.list ?? [];
  const positional = directive.positional.flatMap((value, k): [string, AttrValue][] => {
    const name = list[k]?.name;
    return name === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(positional), ...directive.named };
};

const numberOr = <A>(value: AttrValue | undefined, otherwise: A): number | A => (typeof value === "number" ? value : otherwise);

/** The settings of an elaborated program; its directives have been checked by their records. */
export const settingsOf = (program: Program, env: Env): Settings => {
  const given = (name: string): { readonly attrs: Attrs; readonly at: Span; readonly written: Readonly<Record<string, Span>> } | null => {
    const directive = program.directives.findLast((one) => one.name === name);
    return directive === undefined ? null : { attrs: attrsOf(directive, env), at: directive.span, written: directive.written ?? {} };
  };
  const [batch, data, train] = [given("batch"), given("data"), given("train")];
  const [test, file] = [data?.attrs["test"], data?.attrs["path"]];
  const steps = numberOr(train?.attrs["steps"], null);
  const epochs = numberOr(train?.attrs["epochs"], null);
  return {
    batch: batch === null ? null : { value: numberOr(batch.attrs["size"], NaN), at: batch.at },
    data: data === null ? null : {
      path: typeof file === "string" ? file : "",
      test: typeof test === "number" || typeof test === "string" ? test : 0,
      seed: numberOr(data.attrs["seed"], null),
      length: numberOr(data.attrs["length"], null),
      lengthAt: data.written["length"] ?? null,
      at: data.at,
    },
    length: train === null || (steps === null && epochs === null) ? null
      : { value: steps === null ? { unit: "epochs", count: epochs ?? 0 } : { unit: "steps", count: steps }, at: train.at },
    seed: numberOr(given("seed")?.attrs["seed"], 0),
  };
};

/** The number within a directive, which a fix replaces. */
export const numberIn = (at: Span, sources: ReadonlyMap<string, string>): Span => {
  const text = sources.get(at.file)?.slice(at.from, at.to) ?? "";
  const found = /\d[\d.eE+-]*/.exec(text);
  return found === null ? at : { file: at.file, from: at.from + found.index, to: at.from + found.index + found[0].length };
};
