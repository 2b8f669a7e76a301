import { asciiFor, isDigit, isLower, isUpper, isWord, digitsEnd, subscriptFor, wordEnd } from "./chars.js";
import * as S from "./diagnostics/index.js";
import type { Source } from "./source.js";
import { edit, fix, problem, quote, report, span } from "./source.js";
import type { Name, Subscript, Time } from "./tree.js";

const UNDERSCORE = 95;
const PRIME = 39;

const CONTEXTS = "A context is `_t`, `_{t-1}`, `_{t+1}`, an integer as in `_12`, `_T`, or a range as in `_{t-3..t}`.";

/** Reads the name whose first letter is at `from` (`bodyEnd`, `word`: of a first part that was not ASCII). */
export const scanName = (src: Source, from: number, bodyEnd?: number, word?: string): Name => {
  const { text } = src;
  let i = bodyEnd ?? wordEnd(text, from);
  for (;;) {
    const end = lowerWordEnd(text, i);
    if (end === i) break;
    i = end;
  }
  const base = word === undefined ? text.slice(from, i) : word + text.slice(bodyEnd ?? from, i);
  let primes = 0;
  while (text.charCodeAt(i) === PRIME) {
    i++;
    primes++;
  }
  const c = text.charCodeAt(i);
  if (c === UNDERSCORE) return scanSubscripts(src, from, i, base, primes);
  if (c > 127 && subscriptFor(c) !== null) return scanSmallSubscript(src, from, i, base, primes);
  return { tag: "name", base, primes, subscript: null, span: span(src, from, i) };
};

/** `_` and a lower-case word of two or more letters belong to the name; the end of that, or `at`. */
const lowerWordEnd = (text: string, at: number): number => {
  if (text.charCodeAt(at) !== UNDERSCORE) return at;
  if (!isLower(text.charCodeAt(at + 1)) || !isLower(text.charCodeAt(at + 2))) return at;
  let i = at + 3;
  for (let c = text.charCodeAt(i); isWord(c); c = text.charCodeAt(++i)) if (isUpper(c)) return at;
  return i;
};

interface Scanned {
  readonly subscript: Subscript | null;
  readonly end: number;
  /** Written in braces, or one that needs none. */
  readonly braces: boolean;
  /** Something was reported. */
  readonly bad: boolean;
}

const scanSubscripts = (src: Source, from: number, at: number, base: string, primes: number): Name => {
  const { text } = src;
  const first = scanSubscript(src, from, at, base);
  let end = first.end;
  let bad = first.bad;
  if (!bad && text.charCodeAt(end) === PRIME) {
    const stop = primesEnd(text, end);
    report(src, problem(src, S.primeAfterContext, "a prime stands before the context", from, stop, "the prime comes too late", {
      help: "A prime belongs to the name, the context says when.",
      fixes: [fix("move the prime", [edit(src, from, stop, text.slice(from, at) + text.slice(end, stop) + text.slice(at, end))])],
    }));
    end = stop;
    bad = true;
  }
  if (text.charCodeAt(end) === UNDERSCORE) end = secondSubscript(src, from, at, end, first, bad);
  else if (!bad && !first.braces) end = shiftWithoutBraces(src, from, end, first.subscript);
  return { tag: "name", base, primes, subscript: first.subscript, span: span(src, from, end) };
};

const primesEnd = (text: string, from: number): number => {
  let i = from;
  while (text.charCodeAt(i) === PRIME) i++;
  return i;
};

const scanSubscript = (src: Source, from: number, at: number, base: string): Scanned => {
  const { text } = src;
  const c = text.charCodeAt(at + 1);
  if (c === 123) return scanBraces(src, from, at);
  if (c === 45 && isDigit(text.charCodeAt(at + 2))) {
    const end = digitsEnd(text, at + 2);
    report(src, problem(src, S.contextNeedsBraces, "this context needs braces", at, end, "more than a digit or a letter", {
      help: "`_` takes one word; what is longer stands in braces.",
      fixes: [fix("add the braces", [edit(src, at, end, `_{${text.slice(at + 1, end)}}`)])],
    }));
    return { subscript: null, end, braces: true, bad: true };
  }
  const end = wordEnd(text, at + 1);
  const word = text.slice(at + 1, end);
  const plain = (subscript: Subscript | null, bad = false): Scanned => ({ subscript, end, braces: false, bad });
  if (word === "t") return plain(NOW);
  if (word === "T") return plain(LAST);
  if (isDigit(c) && digitsEnd(text, at + 1) === end) {
    const offset = Number(word);
    if (offset <= MAX_OFFSET) return plain({ tag: "at", time: { origin: "0", offset } });
    report(src, problem(src, S.malformedContext, "this context is out of range", at, end, `more than ${String(MAX_OFFSET)}`));
    return plain(null, true);
  }
  if (isUpper(c)) return plain({ tag: "instance", name: word });
  const diagnostic = problem(src, S.unknownSubscript, `${quote(src, at, end)} is no subscript`, at, end,
    word === "" ? "nothing that can follow `_`" : "neither a context nor part of the name", {
      help: `${CONTEXTS} After \`_\`, a lower-case word of two or more letters is part of the name (\`eps_greedy\`); a capital makes an instance (\`dense_M\`).`,
    });
  if (word.length === 1) {
    src.letters.push({ base, diagnostic });
    return plain({ tag: "instance", name: word });
  }
  report(src, diagnostic);
  return plain(null, true);
};

/** The commonest contexts, made once. */
const NOW: Subscript = { tag: "at", time: { origin: "t", offset: 0 } };
const LAST: Subscript = { tag: "at", time: { origin: "T", offset: 0 } };
const MAX_OFFSET = 1_000_000_000;

/** `h_1_t`: the label goes to the name. `_` is at `second`; returns the end of all subscripts. */
const secondSubscript = (src: Source, from: number, at: number, second: number, first: Scanned, bad: boolean): number => {
  const { text } = src;
  const body = text.slice(from, at);
  let label = "";
  const contexts: string[] = [];
  let end = second;
  const take = (start: number, stop: number): void => {
    const word = text.slice(start + 1, stop);
    if (word.startsWith("{") || word === "t" || word === "T") contexts.push(word);
    else label += word;
  };
  if (first.end > at) take(at, first.end);
  while (text.charCodeAt(end) === UNDERSCORE) {
    const stop = text.charCodeAt(end + 1) === 123 ? bracesEnd(text, end + 2) : wordEnd(text, end + 1);
    take(end, stop);
    end = stop;
  }
  if (bad) return end;
  const context = contexts[0];
  if (contexts.length > 1 || label === "" && context === undefined) {
    report(src, problem(src, S.unknownSubscript, "a name has one context", second, end, "a second one", { help: CONTEXTS }));
    return end;
  }
  const mended = body.replace(/'*$/, label + "$&") + (context === undefined ? "" : `_${context}`);
  report(src, problem(src, S.twoSubscripts, "a name has one subscript", second, end, "a second one", {
    help: "Put the label into the name, and keep `_` for the context.",
    fixes: [fix(`write \`${mended}\``, [edit(src, from, end, mended)])],
  }));
  return end;
};

/** `x_t-1`, which is (x_t) - 1 and rarely meant. The name ends where it ended. */
const shiftWithoutBraces = (src: Source, from: number, end: number, subscript: Subscript | null): number => {
  const { text } = src;
  const c = text.charCodeAt(end);
  if ((c !== 45 && c !== 43) || subscript?.tag !== "at" || subscript.time.origin === "0") return end;
  const stop = digitsEnd(text, end + 1);
  const next = text.charCodeAt(stop);
  if (stop === end + 1 || isWord(next) || (next === 46 && isDigit(text.charCodeAt(stop + 1)))) return end;
  const name = text.slice(from, end - 1);
  const mended = `${name}{${text.slice(end - 1, stop)}}`;
  report(src, problem(src, S.shiftWithoutBraces, `\`${text.slice(from, stop)}\` subtracts from \`${text.slice(from, end)}\``, from, stop,
    `reads as \`${text.slice(from, end)} ${text.charAt(end)} ${text.slice(end + 1, stop)}\``, {
      help: `Another step is \`${mended}\`. If arithmetic is meant, put spaces round the sign.`,
      fixes: [{ ...fix(`write \`${mended}\``, [edit(src, from, stop, mended)]), unsafe: true }],
    }));
  return end;
};

/** The end of `{…}` whose content starts at `from`; the end of the line or a blank before anything else if it is not closed. */
const bracesEnd = (text: string, from: number): number => {
  let i = from;
  for (; i < Math.min(text.length, from + 200); i++) {
    const c = text.charCodeAt(i);
    if (c === 125) return i + 1;
    if (c === 10 || c === 13 || c === 59 || c === 35) break;
  }
  let j = from;
  for (let c = text.charCodeAt(j); isWord(c) || c === 45 || c === 43 || c === 46; c = text.charCodeAt(++j));
  return Math.min(i, j);
};

/** `_{…}`, `_` at `at`. */
const scanBraces = (src: Source, from: number, at: number): Scanned => {
  const { text } = src;
  const end = bracesEnd(text, at + 2);
  const done = (subscript: Subscript | null): Scanned => ({ subscript, end, braces: true, bad: subscript === null });
  if (text.charCodeAt(end - 1) !== 125) {
    report(src, problem(src, S.unclosedBracket, "the context has no closing `}`", at, end, "`{` opens here", {
      fixes: [fix("add `}`", [edit(src, end, end, "}")])],
    }));
    return done(null);
  }
  const inner = inAscii(src, at + 2, end - 1);
  if (inner.includes(",")) {
    report(src, problem(src, S.secondIndex, "a second index is not supported yet", at, end, "two indices", {
      help: "The notation reserves `x_{t,s}` for later; for now a state has one context.",
    }));
    return done(null);
  }
  const dots = inner.indexOf("..");
  const first = readTime(dots < 0 ? inner : inner.slice(0, dots));
  const last = dots < 0 ? first : readTime(inner.slice(dots + 2));
  if (first === null || last === null) {
    report(src, problem(src, S.malformedContext, `\`{${inner.slice(0, 40)}}\` is no context`, at, end, "expected `t`, `T` or an integer, and a shift", {
      help: CONTEXTS,
    }));
    return done(null);
  }
  if (dots < 0) return done({ tag: "at", time: first });
  if (first.origin === last.origin && first.offset > last.offset) {
    const mended = `_{${inner.slice(dots + 2).trim()}..${inner.slice(0, dots).trim()}}`;
    report(src, problem(src, S.backwardRange, "this range runs backwards", at, end, "its first step comes after its last", {
      fixes: [fix(`write \`${mended}\``, [edit(src, at, end, mended)])],
    }));
    return done(null);
  }
  return done({ tag: "range", from: first, to: last });
};

/** A character that keyboards lack and the notation writes otherwise. */
export const reportForeign = (src: Source, i: number, right: string): void => {
  report(src, problem(src, S.notAscii, `the notation writes \`${right}\` for \`${src.text.charAt(i)}\``, i, i + 1, `expected \`${right}\``, {
    help: "Programs are written in ASCII; comments and texts may hold anything.",
    fixes: [fix(`write \`${right}\``, [edit(src, i, i + 1, right)])],
  }));
};

/** The text between two places as the notation writes it: `t−1` with its minus. */
const inAscii = (src: Source, from: number, to: number): string => {
  const given = src.text.slice(from, to);
  const text = Array.from(given, (char) => asciiFor(char) ?? char).join("");
  if (text === given || text.split("..").some((part) => readTime(part) === null)) return given;
  for (let i = from; i < to; i++) {
    const right = asciiFor(src.text.charAt(i));
    if (right !== null) reportForeign(src, i, right);
  }
  return text;
};

const TIME = /^\s*(?:([tT])\s*(?:([+-])\s*(\d{1,9}))?|(-?)\s*(\d{1,9}))\s*$/;

const readTime = (text: string): Time | null => {
  const m = TIME.exec(text);
  if (m === null) return null;
  const [, origin, sign, shift, minus, digits] = m;
  if (origin === "t" || origin === "T") {
    const offset = Number(shift ?? "0");
    return { origin, offset: sign === "-" && offset > 0 ? -offset : offset };
  }
  const offset = Number(digits ?? "0");
  return { origin: "0", offset: minus === "-" && offset > 0 ? -offset : offset };
};

/** `h₁`, `xₜ₋₁`: what paper has and the notation writes with `_`. */
const scanSmallSubscript = (src: Source, from: number, at: number, base: string, primes: number): Name => {
  let end = at;
  let ascii = "";
  for (let s = subscriptFor(src.text.charCodeAt(end)); s !== null; s = subscriptFor(src.text.charCodeAt(++end))) ascii += s;
  const mended = /^(\d+|t)$/.test(ascii) ? `_${ascii}` : `_{${ascii}}`;
  report(src, problem(src, S.notAscii, "a subscript is written with `_`", at, end, "this character is not part of the notation", {
    fixes: [fix(`write \`${mended}\``, [edit(src, at, end, mended)])],
  }));
  return { tag: "name", base, primes, subscript: null, span: span(src, from, end) };
};
