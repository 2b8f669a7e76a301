import {
  damagedTable,
  duplicateName,
  incompleteColumns,
  missingValue,
  notANumber,
  unreadableFile,
} from "./diagnostics.js";
import { Fault } from "./fault.js";
import { dataArray, quote } from "./array.js";
import type { DataArray, DataSet } from "./array.js";

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INTEGER = /^[+-]?\d+$/;
const MISSING = /^(?:|na|n\/a|nan|null|none|\?)$/i;
/** Longer texts don't fit a JavaScript string. */
const MAX_TEXT = 2 ** 29 - 32;

/** UTF-8 text without its byte-order mark; null if it is none. Faults SQ0501 above 512 MiB. */
export const decodeText = (bytes: Uint8Array, file: string): string | null => {
  if (bytes.length > MAX_TEXT)
    throw new Fault(unreadableFile, `can't read ${quote(file)}: texts of more than 512 MiB are not read`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
};

/**
 * The fields of a line; null if a quote is open at its end. Quoting as in RFC 4180, except that fields hold no line
 * ends.
 */
const splitLine = (line: string): readonly string[] | null => {
  if (!line.includes('"')) return line.split(",");
  const fields: string[] = [];
  for (let at = 0; ; at++) {
    const match = /^\s*"([^"]*(?:""[^"]*)*)"\s*(?=,|$)/.exec(line.slice(at));
    const comma = line.indexOf(",", at);
    const end = match === null ? (comma < 0 ? line.length : comma) : at + match[0].length;
    const field = match === null ? line.slice(at, end) : (match[1] ?? "").replaceAll('""', '"');
    if (match === null && field.includes('"')) return null;
    fields.push(field);
    if (end >= line.length) return fields;
    at = end;
  }
};

interface Column {
  readonly name: string;
  readonly index: number | null;
  readonly column: number;
}

/**
 * Columns that become one array: `X_0, X_1, …` (if `X_0` is there) and `X[0], X[1], …`; in the order of their numbers.
 */
const groupColumns = (names: readonly string[], where: string): ReadonlyMap<string, readonly number[]> => {
  const parsed = names.map((name, column): Column => {
    const match = /^(.+)\[(0|[1-9]\d*)\]$/.exec(name) ?? /^(.+)_(0|[1-9]\d*)$/.exec(name);
    if (match === null) return { name, index: null, column };
    const gathered = name.endsWith("]") || names.includes(`${match[1] ?? ""}_0`);
    return gathered ? { name: match[1] ?? "", index: Number(match[2]), column } : { name, index: null, column };
  });
  const groups = new Map<string, Column[]>();
  for (const column of parsed) {
    const group = groups.get(column.name);
    if (group === undefined) groups.set(column.name, [column]);
    else if (column.index !== null && group[0]?.index !== null) group.push(column);
    else throw new Fault(duplicateName, `${where}:1: column ${quote(column.name)} occurs twice`);
  }
  const arrays = new Map<string, readonly number[]>();
  for (const [name, group] of groups) {
    const sorted = [...group].sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
    sorted.forEach((column, i) => {
      if (column.index === null || column.index === i) return;
      const what = column.index < i ? `number ${String(column.index)} twice` : `no number ${String(i)}`;
      throw new Fault(incompleteColumns, `${where}:1: the columns of ${quote(name)} have ${what}`);
    });
    arrays.set(
      name,
      sorted.map((column) => column.column),
    );
  }
  return arrays;
};

const parseHeader = (line: string, where: string): readonly string[] => {
  const names = splitLine(line)?.map((name) => name.trim());
  if (names === undefined) throw new Fault(damagedTable, `${where}:1: a quote is not closed`);
  const bad = names.findIndex((name) => name === "" || NUMBER.test(name));
  if (bad >= 0) {
    const what = names[bad] === "" ? "has no name" : `is the number ${quote(names[bad] ?? "")}`;
    throw new Fault(
      damagedTable,
      `${where}:1: the first line names the columns, and column ${String(bad + 1)} ${what}`,
    );
  }
  return names;
};

const parseField = (text: string, place: () => string): number => {
  const trimmed = text.trim();
  const value = NUMBER.test(trimmed) ? Number(trimmed) : NaN;
  if (Number.isFinite(value)) return value;
  if (MISSING.test(trimmed))
    throw new Fault(missingValue, `${place()} has no value${trimmed === "" ? "" : ` but ${quote(trimmed)}`}`);
  throw new Fault(notANumber, `${place()} is ${quote(trimmed)}, which is no finite number`);
};

/**
 * Reads a table: a header with the columns' names, then a line of finite numbers a sample. Columns `X_0, X_1, …` or
 * `X[0], X[1], …` become one array X `[n, k]`, all others arrays `[n]`; integers if all fields are written so. Faults
 * SQ0507…SQ0510, SQ0514, `file:line`.
 */
export const decodeCsv = (bytes: Uint8Array, where: string): DataSet => {
  const text = decodeText(bytes, where);
  if (text === null) throw new Fault(damagedTable, `${where}: it is no UTF-8 text`);
  const lines = text.split(/\r\n|\n|\r/);
  while (lines.length > 0 && (lines.at(-1) ?? "").trim() === "") lines.pop();
  const [head, ...rows] = lines;
  if (head === undefined) throw new Fault(damagedTable, `${where}: it is empty`);
  const names = parseHeader(head, where);
  const groups = groupColumns(names, where);
  const width = names.length;
  const values = new Float64Array(rows.length * width);
  const integral = names.map(() => true);
  rows.forEach((row, i) => {
    const fields = splitLine(row);
    const line = `${where}:${String(i + 2)}`;
    if (fields === null) throw new Fault(damagedTable, `${line}: a quote is not closed`);
    if (fields.length !== width) {
      const has =
        row.trim() === "" ? "is empty" : `has ${String(fields.length)} ${fields.length === 1 ? "field" : "fields"}`;
      throw new Fault(damagedTable, `${line}: the line ${has}, and the header names ${String(width)}`);
    }
    fields.forEach((field, column) => {
      const value = parseField(field, () => `${line}: column ${String(column + 1)} (${quote(names[column] ?? "")})`);
      values[i * width + column] = value;
      if (integral[column] === true && ((value | 0) !== value || !INTEGER.test(field.trim()))) integral[column] = false;
    });
  });
  const arrays = new Map<string, DataArray>();
  for (const [name, columns] of groups) {
    const single = columns.length === 1 && names[columns[0] ?? 0] === name;
    const shape = single ? [rows.length] : [rows.length, columns.length];
    const length = rows.length * columns.length;
    const data = columns.every((column) => integral[column]) ? new Int32Array(length) : new Float64Array(length);
    for (let i = 0, at = 0; i < rows.length; i++)
      for (const column of columns) data[at++] = values[i * width + column] ?? 0;
    arrays.set(name, dataArray(name, shape, data));
  }
  return arrays;
};

/** Writes arrays `[n]` and `[n, k]` as a table that reads back the same (further axes are flattened into k). */
export const encodeCsv = (arrays: Iterable<DataArray>): string => {
  const all = [...arrays].map((array) => {
    const [samples = 1, ...rest] = array.shape;
    return { array, samples, width: rest.reduce((a, b) => a * b, 1), single: rest.length === 0 };
  });
  const cell = (name: string): string => (/[",\s]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);
  const header = all.flatMap(({ array, width, single }) =>
    single ? [cell(array.name)] : Array.from({ length: width }, (_, k) => cell(`${array.name}[${String(k)}]`)),
  );
  const number = (value: number, dtype: DataArray["dtype"]): string =>
    dtype === "float" && Number.isInteger(value)
      ? Object.is(value, -0)
        ? "-0.0"
        : `${String(value)}${/e/.test(String(value)) ? "" : ".0"}`
      : String(value);
  const lines = Array.from({ length: all[0]?.samples ?? 0 }, (_, i) =>
    all
      .flatMap(({ array, width }) =>
        [...array.data.subarray(i * width, (i + 1) * width)].map((v) => number(v, array.dtype)),
      )
      .join(","),
  );
  return `${[header.join(","), ...lines].join("\n")}\n`;
};
