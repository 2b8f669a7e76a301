/** `--set key=value`: a directive that replaces or amends the program's own. */
import { diagnose, nearest } from "@sequent/ir";
import type { Diagnostics, DirectiveRecord, Env } from "@sequent/ir";
import { parse } from "@sequent/parser";
import type { syntax } from "@sequent/parser";
import * as E from "fp-ts/lib/Either.js";
import { unknownSetting } from "./diagnostics.js";

/** One override; `file` names the text `key=value` in diagnostics. */
export interface Setting {
  readonly key: string;
  readonly value: string;
}

/** How the text of a setting is called in spans: `--set batch=128`. */
export const settingFile = ({ key, value }: Setting): string => `--set ${key}=${value}`;
/** The directive that a setting stands for, as text; what its spans are offsets of. */
export interface Written {
  readonly file: string;
  readonly text: string;
}

interface Place {
  readonly record: DirectiveRecord;
  /** Null: all the directive's arguments. */
  readonly attribute: string | null;
}

const settable = (env: Env): readonly DirectiveRecord[] =>
  [...env.directives.values()].filter((record) => record.later === null && record.form !== "definition");

/** A directive's name comes first (`seed`), then `directive.attribute`, then an attribute that one directive alone has. */
const placeOf = (env: Env, key: string): Place | null => {
  const records = settable(env);
  const [name, attribute] = key.split(".");
  const named = records.find((record) => record.name === name);
  if (named !== undefined) {
    if (attribute === undefined) return { record: named, attribute: null };
    return named.attributes.list.some((one) => one.name === attribute) ? { record: named, attribute } : null;
  }
  const owners = records.filter((record) => record.attributes.list.some((one) => one.name === key));
  const [owner] = owners;
  return owner !== undefined && owners.length === 1 ? { record: owner, attribute: key } : null;
};

const keysOf = (env: Env): readonly string[] =>
  settable(env).flatMap((record) => [record.name, ...record.attributes.list.flatMap(({ name }) => [name, `${record.name}.${name}`])]);

/** A file name needs no quotes on a command line. */
const quoted = (record: DirectiveRecord, value: string): string =>
  record.form === "arguments" && /[/\\]|\.[A-Za-z]/.test(value) && !value.startsWith('"') ? JSON.stringify(value) : value;

/** What excludes what: a length in steps is none in epochs. */
const INSTEAD: ReadonlyMap<string, string> = new Map([["epochs", "steps"], ["steps", "epochs"]]);

const amend = (old: syntax.Directive | undefined, fresh: syntax.Directive, { record, attribute }: Place): syntax.Directive => {
  if (old === undefined || attribute === null) return fresh;
  let position = 0;
  const kept = old.args.filter((arg) => {
    const name = arg.name ?? record.attributes.list[position++]?.name;
    return name !== attribute && name !== INSTEAD.get(attribute);
  });
  return { ...old, args: [...kept, ...fresh.args] };
};

const replace = (tree: syntax.Program, fresh: syntax.Directive, place: Place): syntax.Program => {
  const own = (statement: syntax.Statement): statement is syntax.Directive => statement.tag === "directive" && statement.name === place.record.name;
  const old = tree.statements.find(own);
  const merged = amend(old, fresh, place);
  const statements = old === undefined ? [...tree.statements, merged] : tree.statements.map((one) => (one === old ? merged : one));
  return { ...tree, statements };
};

const unknown = (env: Env, setting: Setting, key: string): Diagnostics => {
  const near = nearest(key, keysOf(env));
  const known = settable(env).map((record) => record.name).join(", ");
  const help = near === null ? `Directives are ${known}.` : `Did you mean \`${near}\`?`;
  const file = settingFile(setting);
  return [diagnose(unknownSetting, `there is no setting ${key}`, [{ at: { file, from: 0, to: file.length }, text: "given here" }], { help })];
};

/** Applies settings to a tree; `written` gets the text that each one's spans refer to. */
export const override = (
  tree: syntax.Program, settings: readonly Setting[], env: Env, written: (one: Written) => void,
): E.Either<Diagnostics, syntax.Program> => {
  let result = tree;
  for (const setting of settings) {
    const file = settingFile(setting);
    const place = placeOf(env, setting.key);
    if (place === null) {
      written({ file, text: file });
      return E.left(unknown(env, setting, setting.key));
    }
    const value = quoted(place.record, setting.value);
    const text = `@${place.record.name} ${place.attribute === null ? value : `${place.attribute}=${value}`}`;
    written({ file, text });
    const { program, diagnostics } = parse(text, file);
    const [first, ...rest] = diagnostics.filter((one) => one.severity === "error");
    if (first !== undefined) return E.left([first, ...rest]);
    const [fresh] = program.statements;
    if (fresh?.tag !== "directive") return E.left(unknown(env, setting, `${setting.key}=${setting.value}`));
    result = replace(result, fresh, place);
  }
  return E.right(result);
};
