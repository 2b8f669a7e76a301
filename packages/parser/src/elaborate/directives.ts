/** Directives: those of arguments become rows, `@optim` becomes treatments. */
import * as E from "fp-ts/lib/Either.js";
import type { Attrs, AttrValue, Directive as Row, DirectiveRecord, Span } from "@sequent/ir";
import { nearest } from "@sequent/ir";
import { ungroup } from "../syntax/tree.js";
import type { Directive } from "../syntax/tree.js";
import { attributeValue, fillAttributes } from "./attributes.js";
import { badDirective, laterFeature, misspeltDirective, repeatedDirective, unfittingNumber, unknownTransform } from "./diagnostics.js";
import { printName } from "./names.js";
import { isTreated, treat } from "./parameters.js";
import { safe } from "./report.js";
import type { Functions, Session } from "./session.js";

export interface Known {
  readonly directive: Directive;
  readonly record: DirectiveRecord;
}

/** The directives that have a record; others, repetitions and those that come later are reported. */
export const knownDirectives = (s: Session, directives: readonly Directive[]): readonly Known[] => {
  const seen = new Map<string, Directive>();
  return directives.flatMap((directive): readonly Known[] => {
    const record = s.env.directives.get(directive.name);
    if (record === undefined) {
      reportUnknown(s, directive);
      return [];
    }
    const first = seen.get(record.name);
    if (first !== undefined && !record.repeats) {
      s.report.problem(repeatedDirective, `\`@${record.name}\` is given twice`, directive.span, "again here", {
        labels: [{ at: first.span, text: "first here" }],
        fixes: [safe("remove it", { at: directive.span, text: "" })],
      });
      return [];
    }
    seen.set(record.name, directive);
    if (record.later === null) return [{ directive, record }];
    s.report.problem(laterFeature, `\`@${record.name}\`: ${record.later} come with a later version`, directive.span, "not yet");
    return [];
  });
};

const reportUnknown = (s: Session, directive: Directive): void => {
  const near = nearest(directive.name, s.env.directives.keys());
  const at = { ...directive.span, to: directive.span.from + 1 + directive.name.length };
  const message = `there is no directive \`@${directive.name}\``;
  if (near === null) {
    const known = [...s.env.directives.keys()].map((name) => `@${name}`).join(", ");
    s.report.problem(badDirective, message, at, "unknown", { help: `There is ${known}.` });
  } else {
    const fixes = [safe(`write \`@${near}\``, { at, text: `@${near}` })];
    s.report.problem(misspeltDirective, message, at, `did you mean \`@${near}\`?`, { fixes });
  }
};

/** A directive of arguments, checked with its record's codec. */
export const rowOf = (s: Session, functions: Functions, { directive, record }: Known): readonly Row[] => {
  const positional: AttrValue[] = [];
  const named: Record<string, AttrValue> = {};
  const all: Record<string, AttrValue> = {};
  const written: Record<string, Span> = {};
  for (const arg of directive.args) {
    const attribute = arg.name ?? record.attributes.list[positional.length]?.name;
    const value = attributeValue(s, functions, arg.value, attribute ?? "an argument");
    if (value === undefined) return [];
    if (arg.name === null) positional.push(value);
    else named[arg.name] = value;
    if (attribute === undefined) {
      s.report.problem(badDirective, `\`@${record.name}\` takes fewer arguments`, arg.span, "one too many");
      return [];
    }
    if (attribute in written) {
      s.report.problem(badDirective, `\`@${record.name}\`: ${attribute} is given twice`, arg.span, "again here", { help: record.doc });
      return [];
    }
    all[attribute] = value;
    written[attribute] = arg.span;
  }
  const decoded = record.attributes.decode(all);
  if (E.isRight(decoded)) return [{ name: record.name, positional, named, span: directive.span, written }];
  // The message begins with the attribute that it is about, if it is about one.
  const about = /^\w+/.exec(decoded.left)?.[0] ?? "";
  const takesNumbers = [0, 1].some((number) => E.isRight(record.attributes.decode({ ...all, [about]: number })));
  s.report.problem(typeof all[about] === "number" && takesNumbers ? unfittingNumber : badDirective, `\`@${record.name}\`: ${decoded.left}`, written[about] ?? directive.span, "here", { help: record.doc });
  return [];
};

const DEFAULT_OPTIMIZER = { transform: "adam", attrs: { lr: 1e-3 } } as const;

/** `@optim` treats all weights that have no such treatment of their own; by default it is `adam(lr=1e-3)` where there is anything to train. */
export const optimize = (s: Session, functions: Functions, optim: Directive | null, trains: boolean): void => {
  if (optim === null) {
    const adam = s.env.transforms.get(DEFAULT_OPTIMIZER.transform);
    if (trains && adam !== undefined) treatRest(s, adam.name, DEFAULT_OPTIMIZER.attrs, null);
    return;
  }
  for (const arg of optim.args) {
    const e = ungroup(arg.value);
    const callee = e.tag === "call" ? e.callee : e;
    const name = callee.tag === "name" ? printName(callee) : "";
    const transform = s.env.transforms.get(name);
    if (arg.name !== null || transform === undefined || transform.treat === null) {
      const treats = new Set([...s.env.transforms.values()].flatMap((one) => (one.treat === null ? [] : [one.name])));
      const near = nearest(name, treats);
      const help = near === null ? `There is ${[...treats].join(", ")}.` : `Did you mean \`${near}\`?`;
      s.report.problem(unknownTransform, `\`${s.text.slice(arg.span.from, arg.span.to)}\` is no transform of parameters`, arg.span, "here", { help });
      continue;
    }
    const attrs = fillAttributes(s, functions, name, transform.attributes, e.tag === "call" ? e.args : [], {}, arg.span);
    if (attrs !== null) treatRest(s, name, attrs, arg.span);
  }
};

const treatRest = (s: Session, name: string, attrs: Attrs, at: Directive["span"] | null): void => {
  const transform = s.env.transforms.get(name);
  const rest = transform === undefined ? [] : s.weights.filter((id) => !isTreated(s, transform, id));
  const [first] = rest;
  if (transform === undefined || first === undefined) return;
  treat(s, transform, attrs, new Set(rest), at ?? s.b.paramAt(first).span);
};
