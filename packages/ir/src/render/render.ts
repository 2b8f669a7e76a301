/** Diagnostics for people: code, message, place, the lines in question with what is to be said of them, help and fixes. */
import type { Diagnostic, Label } from "../diagnostic.js";
import type { Span } from "../span.js";
import { display, lineAt, lineStarts, positionAt } from "./lines.js";
import type { Position } from "./lines.js";

/** Texts by file name; a file that is missing is named without its lines. */
export type Sources = ReadonlyMap<string, string>;

export interface RenderOptions {
  /** ANSI colours. */
  readonly colour: boolean;
}

/** A diagnostic as data, with lines and columns (1-based), for `--json`. */
export interface JsonPlace extends Span {
  readonly start: Position;
  readonly end: Position;
}
export interface JsonDiagnostic extends Omit<Diagnostic, "labels" | "fixes"> {
  readonly labels: readonly { readonly at: JsonPlace; readonly text: string }[];
  readonly fixes: readonly {
    readonly title: string;
    readonly unsafe: boolean;
    readonly edits: readonly { readonly at: JsonPlace; readonly text: string }[];
  }[];
}

export interface Renderer {
  /** Ends with a newline. */
  readonly render: (diagnostic: Diagnostic) => string;
  readonly toJson: (diagnostic: Diagnostic) => JsonDiagnostic;
}

type Colour = "red" | "yellow" | "cyan" | "blue" | "bold";
const ANSI: Readonly<Record<Colour, string>> = { red: "31;1", yellow: "33;1", cyan: "36;1", blue: "34;1", bold: "1" };
const OF_SEVERITY = { error: "red", lint: "yellow", note: "cyan" } as const;

/** Most columns of a line that are shown: more of a longer one would hide what matters. */
const WINDOW = 100;
/** Columns before the first mark that are kept where a line is cut. */
const BEFORE = 40;

interface Source {
  readonly text: string;
  readonly starts: readonly number[];
}

/** Keeps what it has found of each file, so that many diagnostics of one large file are cheap. */
export const createRenderer = (sources: Sources, options: RenderOptions = { colour: false }): Renderer => {
  const known = new Map<string, Source>();
  const sourceOf = (file: string): Source | null => {
    const had = known.get(file);
    if (had !== undefined) return had;
    const text = sources.get(file);
    if (text === undefined) return null;
    const made = { text, starts: lineStarts(text) };
    known.set(file, made);
    return made;
  };
  const paint = (colour: Colour, text: string): string => (options.colour ? `\u001b[${ANSI[colour]}m${text}\u001b[0m` : text);

  const render = (diagnostic: Diagnostic): string => {
    const colour = OF_SEVERITY[diagnostic.severity];
    const lines = [`${paint(colour, `${diagnostic.severity}[${diagnostic.code}]`)}: ${paint("bold", clean(diagnostic.message))}`];
    const frames = framesOf(diagnostic.labels, sourceOf);
    const gutter = Math.max(1, ...frames.flatMap((f) => f.lines.map((line) => String(line.number).length)));
    const margin = " ".repeat(gutter);
    const bar = paint("blue", "|");
    for (const frame of frames) {
      lines.push(`${margin}${paint("blue", "-->")} ${frame.place}`);
      if (frame.lines.length > 0) lines.push(`${margin} ${bar}`);
      let before: number | null = null;
      for (const line of frame.lines) {
        if (before !== null && line.number > before + 1) lines.push(paint("blue", "...".slice(0, gutter + 2)));
        before = line.number;
        lines.push(`${paint("blue", String(line.number).padStart(gutter))} ${bar} ${line.text}`.trimEnd());
        for (const mark of line.marks) {
          const underline = (mark.main ? "^" : "-").repeat(mark.width) + (mark.text === "" ? "" : ` ${clean(mark.text)}`);
          lines.push(`${margin} ${bar} ${" ".repeat(mark.column)}${paint(mark.main ? colour : "blue", underline)}`);
        }
      }
    }
    if (frames.some((f) => f.lines.length > 0) && (diagnostic.help !== "" || diagnostic.fixes.length > 0)) lines.push(`${margin} ${bar}`);
    const also = (word: string, text: string): void => {
      lines.push(`${margin} ${paint("blue", "=")} ${paint("bold", word)}: ${clean(text)}`);
    };
    if (diagnostic.help !== "") also("help", diagnostic.help);
    for (const fix of diagnostic.fixes) also(fix.unsafe ? "unsafe fix" : "fix", fix.title);
    return `${lines.join("\n")}\n`;
  };

  const place = (at: Span): JsonPlace => {
    const source = sourceOf(at.file);
    const start = source === null ? { line: 1, column: at.from + 1 } : positionAt(source.starts, at.from);
    const end = source === null ? { line: 1, column: at.to + 1 } : positionAt(source.starts, at.to);
    return { ...at, start, end };
  };
  const toJson = (diagnostic: Diagnostic): JsonDiagnostic => ({
    ...diagnostic,
    labels: diagnostic.labels.map(({ at, text }) => ({ at: place(at), text })),
    fixes: diagnostic.fixes.map((fix) => ({ ...fix, edits: fix.edits.map(({ at, text }) => ({ at: place(at), text })) })),
  });
  return { render, toJson };
};

/** Line breaks within a message would break the frame; other control characters could act on the terminal. */
const clean = (text: string): string => text.split(/\s*[\r\n]+\s*/).map((line) => display(line).text).join(" ");

// Frames ---------------------------------------------------------------------------------------------------------------------------

interface Mark {
  readonly column: number;
  readonly width: number;
  readonly text: string;
  readonly main: boolean;
}
interface FrameLine {
  readonly number: number;
  readonly text: string;
  readonly marks: readonly Mark[];
}
interface Frame {
  readonly place: string;
  readonly lines: readonly FrameLine[];
}

/** One frame a file, that of the main label first; the lines of each in order. */
const framesOf = (labels: readonly Label[], sourceOf: (file: string) => Source | null): readonly Frame[] => {
  const files = new Map<string, Label[]>();
  for (const label of labels) {
    if (label.at.file === "") continue;
    const list = files.get(label.at.file);
    if (list === undefined) files.set(label.at.file, [label]);
    else list.push(label);
  }
  const [main] = labels;
  return [...files].map(([file, own]): Frame => {
    const source = sourceOf(file);
    const [first] = own;
    if (source === null || first === undefined) return { place: clean(file), lines: [] };
    const { line, column } = positionAt(source.starts, first.at.from);
    return { place: `${clean(file)}:${String(line)}:${String(column)}`, lines: linesOf(source, own, main) };
  });
};

const linesOf = (source: Source, labels: readonly Label[], main: Label | undefined): readonly FrameLine[] => {
  const byLine = new Map<number, Label[]>();
  for (const label of labels) {
    const line = lineAt(source.starts, Math.min(label.at.from, source.text.length));
    const list = byLine.get(line);
    if (list === undefined) byLine.set(line, [label]);
    else list.push(label);
  }
  return [...byLine].sort(([a], [b]) => a - b).map(([line, own]) => lineOf(source, line, own, main));
};

const lineOf = (source: Source, line: number, labels: readonly Label[], main: Label | undefined): FrameLine => {
  const start = source.starts[line] ?? 0;
  const next = source.starts[line + 1] ?? source.text.length;
  let end = next;
  while (end > start && (source.text.charCodeAt(end - 1) === 10 || source.text.charCodeAt(end - 1) === 13)) end -= 1;
  const first = Math.min(...labels.map((label) => label.at.from));
  const isLong = end - start > WINDOW;
  const from = isLong ? Math.max(start, Math.min(first - BEFORE, end - WINDOW)) : start;
  const to = isLong ? Math.min(end, from + WINDOW) : end;
  const lead = from > start ? "…" : "";
  const shown = display(source.text.slice(from, to));
  const marks = [...labels].sort((a, b) => a.at.from - b.at.from).map((label): Mark => {
    const a = Math.min(Math.max(label.at.from, from), to), b = Math.min(Math.max(label.at.to, a), to);
    const column = lead.length + display(source.text.slice(from, a)).width;
    const width = Math.max(1, display(source.text.slice(a, b)).width);
    return { column, width, text: label.text, main: label === main };
  });
  return { number: line + 1, text: `${lead}${shown.text}${to < end ? "…" : ""}`, marks };
};

/** All of them, with a line between two. */
export const renderAll = (diagnostics: readonly Diagnostic[], sources: Sources, options?: RenderOptions): string => {
  const renderer = createRenderer(sources, options);
  return diagnostics.map(renderer.render).join("\n");
};
