/** The unknowns of inference: dimensions, shapes and kinds (dtype with classes), each a union-find forest that remembers who said what. */
import { invariant } from "../diagnostic.js";
import type { DimVar, Solver, TypeVar } from "../solver.js";
import type { Dim, Dtype, TensorType } from "../type.js";

/** Whoever states facts: a row of a table of the caller's (a node, a declaration, an array of a data set). */
export type Place = number;

/** Two facts that cannot both hold, or what a rule found wrong; `said` are the places that the facts came from. */
export interface Clash {
  readonly tag: "rank" | "size" | "dtype" | "classes" | "rule";
  /** Who tried to make them equal. */
  readonly at: Place;
  /** For `rule` the message, else the two facts as text: `[10]` and `[10, 1]`; `64` and `32`; `float` and `int`. */
  readonly texts: readonly string[];
  readonly said: readonly Place[];
  /** The two shapes that the sizes belong to, where they are known. */
  readonly shapes: readonly string[];
}

/** A solver with what its driver needs beside what rules need. */
export interface Store extends Solver {
  readonly fresh: () => TypeVar;
  /** A type of which all is known; an integer without classes stays a plain integer. */
  readonly known: (type: TensorType) => TypeVar;
  readonly equalKinds: (a: TypeVar, b: TypeVar) => void;
  /** What is known now; sizes that are not are null. */
  readonly shapeOf: (v: TypeVar) => readonly (Dim | null)[] | null;
  readonly textOf: (v: TypeVar) => string;
  /** The dimension that stands for all that were made equal to it. */
  readonly rootOf: (d: DimVar) => DimVar;
  /** Who made the rank of `v` known. */
  readonly saidShape: (v: TypeVar) => Place;
  /** From here on, facts come from `place`. */
  readonly by: (place: Place) => void;
  /** Wakes `watcher` once more is known of any of `vars`. */
  readonly watch: (watcher: number, vars: readonly TypeVar[]) => void;
  /** The next watcher to wake, or null. */
  readonly wake: () => number | null;
  readonly setLast: (last: boolean) => void;
  readonly clashes: readonly Clash[];
}

const NONE: readonly number[] = [];
const printDtype = (dtype: Dtype): string => (typeof dtype === "string" ? dtype : "opaque");
const sameDtype = (a: Dtype, b: Dtype): boolean =>
  a === b || (typeof a === "object" && typeof b === "object" && a.opaque === b.opaque);

/** A forest of rows that each hold one value or none; equal rows share it. Near-linear: by size, with path halving. */
interface Forest<A> {
  readonly add: (value: A | null, place: Place) => number;
  readonly find: (row: number) => number;
  readonly value: (row: number) => A | null;
  readonly place: (row: number) => Place;
  readonly set: (root: number, value: A, place: Place) => void;
  /** Of two different roots; the first value wins. */
  readonly union: (a: number, b: number) => void;
  readonly watch: (row: number, watcher: number) => void;
  /** Its conflict has been told: nothing more is said of it. */
  readonly told: (root: number) => boolean;
  readonly tell: (root: number) => void;
}

const createForest = <A>(woken: (watchers: readonly number[]) => void): Forest<A> => {
  const parents: number[] = [];
  const sizes: number[] = [];
  const values: (A | null)[] = [];
  const places: Place[] = [];
  const watchers: (number[] | undefined)[] = [];
  const silent = new Set<number>();
  const find = (row: number): number => {
    let at = row;
    for (;;) {
      const up = parents[at] ?? at;
      if (up === at) return at;
      const over = parents[up] ?? up;
      parents[at] = over;
      at = over;
    }
  };
  const notify = (root: number): void => {
    const list = watchers[root];
    watchers[root] = undefined;
    woken(list ?? NONE);
  };
  const mergeWatchers = (into: number, from: number): void => {
    const more = watchers[from];
    if (more === undefined) return;
    const own = watchers[into];
    watchers[from] = undefined;
    if (own === undefined) watchers[into] = more;
    else if (own.length >= more.length) for (const w of more) own.push(w);
    else {
      for (const w of own) more.push(w);
      watchers[into] = more;
    }
  };
  return {
    add: (value, place) => {
      parents.push(parents.length);
      sizes.push(1);
      values.push(value);
      places.push(place);
      watchers.push(undefined);
      return parents.length - 1;
    },
    find,
    value: (row) => values[find(row)] ?? null,
    place: (row) => places[find(row)] ?? 0,
    set: (root, value, place) => {
      values[root] = value;
      places[root] = place;
      notify(root);
    },
    union: (a, b) => {
      const [into, from] = (sizes[a] ?? 1) >= (sizes[b] ?? 1) ? [a, b] : [b, a];
      const known = values[a] !== null ? a : b;
      const value = values[known] ?? null;
      const place = places[known] ?? 0;
      if (value !== null && values[a] === null) notify(a);
      if (value !== null && values[b] === null) notify(b);
      parents[from] = into;
      sizes[into] = (sizes[into] ?? 1) + (sizes[from] ?? 1);
      values[into] = value;
      places[into] = place;
      mergeWatchers(into, from);
      if (silent.has(from)) silent.add(into);
    },
    watch: (row, watcher) => {
      const root = find(row);
      const list = watchers[root];
      if (list === undefined) watchers[root] = [watcher];
      else if (list.at(-1) !== watcher) list.push(watcher);
    },
    told: (root) => silent.has(root),
    tell: (root) => {
      silent.add(root);
    },
  };
};

export const createStore = (): Store => {
  const clashes: Clash[] = [];
  const queue: number[] = [];
  const queued = new Set<number>();
  let head = 0;
  let place: Place = 0;
  let last = false;

  const enqueue = (watchers: readonly number[]): void => {
    for (const watcher of watchers) {
      if (queued.has(watcher)) continue;
      queued.add(watcher);
      queue.push(watcher);
    }
  };
  const sizes = createForest<Dim>(enqueue);
  const shapes = createForest<readonly DimVar[]>(enqueue);
  const dtypes = createForest<Dtype>(enqueue);
  /** The number of classes, by root of the dtype forest; made when first asked for. */
  const classVars = new Map<number, DimVar>();
  const literals = new Map<TypeVar, number>();

  const dim = (value: Dim): DimVar => sizes.add(value, place);
  const freshDim = (): DimVar => sizes.add(null, place);
  const fresh = (): TypeVar => {
    const v = shapes.add(null, place);
    const kind = dtypes.add(null, place);
    invariant(v === kind, "shapes and kinds are numbered alike");
    return v;
  };
  const textOf = (v: TypeVar): string => {
    const dims = shapes.value(v);
    return dims === null ? "[…]" : textOfDims(dims);
  };
  const textOfDims = (dims: readonly DimVar[]): string => `[${dims.map((d) => String(sizes.value(d) ?? "?")).join(", ")}]`;

  const clash = (tag: Clash["tag"], texts: readonly string[], said: readonly Place[], among: readonly string[] = []): void => {
    clashes.push({ tag, at: place, texts, said, shapes: among });
  };

  const joinDims = (a: DimVar, b: DimVar, tag: "size" | "classes", among: () => readonly string[]): boolean => {
    const ra = sizes.find(a), rb = sizes.find(b);
    if (ra === rb) return true;
    const va = sizes.value(ra), vb = sizes.value(rb);
    if (va !== null && vb !== null) {
      // Constants stay apart: a clash of two must not make them one.
      if (va === vb) return true;
      if (!sizes.told(ra) && !sizes.told(rb)) clash(tag, [String(va), String(vb)], [sizes.place(ra), sizes.place(rb)], among());
      sizes.tell(ra);
      sizes.tell(rb);
      return false;
    }
    sizes.union(ra, rb);
    return true;
  };
  const equalDims = (a: DimVar, b: DimVar): void => {
    joinDims(a, b, "size", () => []);
  };

  /** Whether they fit; of different ranks one word is said for all that follows from it. */
  const joinLists = (a: readonly DimVar[], b: readonly DimVar[], placeA: Place, placeB: Place, silent: boolean): "fit" | "rank" | "size" => {
    if (a.length !== b.length) {
      if (!silent) clash("rank", [textOfDims(a), textOfDims(b)], [placeA, placeB]);
      return "rank";
    }
    let fit: "fit" | "size" = "fit";
    const among = (): readonly string[] => [textOfDims(a), textOfDims(b)];
    for (let i = 0; i < a.length; i += 1) {
      const x = a[i], y = b[i];
      if (x !== undefined && y !== undefined && !joinDims(x, y, "size", among)) fit = "size";
    }
    return fit;
  };
  const setDims = (v: TypeVar, dims: readonly DimVar[]): void => {
    const root = shapes.find(v);
    const own = shapes.value(root);
    if (own === null) shapes.set(root, dims, place);
    else if (joinLists(own, dims, shapes.place(root), place, shapes.told(root)) === "rank") shapes.tell(root);
  };
  const equalShapes = (a: TypeVar, b: TypeVar): void => {
    const ra = shapes.find(a), rb = shapes.find(b);
    if (ra === rb) return;
    const da = shapes.value(ra), db = shapes.value(rb);
    if (da !== null && db !== null) {
      const fit = joinLists(da, db, shapes.place(ra), shapes.place(rb), shapes.told(ra) || shapes.told(rb));
      if (fit === "rank") {
        shapes.tell(ra);
        shapes.tell(rb);
      }
      // Shapes that clash stay apart, so that messages can still name both.
      if (fit !== "fit") return;
    }
    shapes.union(ra, rb);
  };

  const classes = (v: TypeVar): DimVar => {
    const root = dtypes.find(v);
    const had = classVars.get(root);
    if (had !== undefined) return had;
    const made = freshDim();
    classVars.set(root, made);
    return made;
  };
  const setDtype = (v: TypeVar, dtype: Dtype): void => {
    const root = dtypes.find(v);
    const own = dtypes.value(root);
    if (own === null) dtypes.set(root, dtype, place);
    else if (!sameDtype(own, dtype) && !dtypes.told(root)) {
      clash("dtype", [printDtype(own), printDtype(dtype)], [dtypes.place(root), place]);
      dtypes.tell(root);
    }
  };
  const equalKinds = (a: TypeVar, b: TypeVar): void => {
    const ra = dtypes.find(a), rb = dtypes.find(b);
    if (ra === rb) return;
    const da = dtypes.value(ra), db = dtypes.value(rb);
    if (da !== null && db !== null && !sameDtype(da, db)) {
      if (!dtypes.told(ra) && !dtypes.told(rb)) clash("dtype", [printDtype(da), printDtype(db)], [dtypes.place(ra), dtypes.place(rb)]);
      dtypes.tell(ra);
      dtypes.tell(rb);
      return;
    }
    const ca = classVars.get(ra), cb = classVars.get(rb);
    dtypes.union(ra, rb);
    const kept = ca ?? cb;
    if (kept !== undefined) classVars.set(dtypes.find(ra), kept);
    if (ca !== undefined && cb !== undefined) joinDims(ca, cb, "classes", () => []);
  };

  const watch = (watcher: number, vars: readonly TypeVar[]): void => {
    for (const v of vars) {
      const dims = shapes.value(v);
      if (dims === null) shapes.watch(v, watcher);
      else for (const d of dims) if (sizes.value(d) === null) sizes.watch(d, watcher);
      const dtype = dtypes.value(v);
      if (dtype === null) dtypes.watch(v, watcher);
      const count = classVars.get(dtypes.find(v));
      if (count !== undefined && sizes.value(count) === null) sizes.watch(count, watcher);
    }
  };
  const wake = (): number | null => {
    const watcher = queue[head];
    if (watcher === undefined) {
      queue.length = 0;
      head = 0;
      return null;
    }
    head += 1;
    queued.delete(watcher);
    return watcher;
  };

  return {
    dims: (v) => shapes.value(v),
    setDims,
    equalShapes,
    dim,
    freshDim,
    valueOf: (d) => sizes.value(d),
    equalDims,
    dtype: (v) => dtypes.value(v),
    setDtype,
    classes,
    literal: (v) => literals.get(v) ?? null,
    setLiteral: (v, value) => {
      literals.set(v, value);
    },
    fail: (message) => {
      clash("rule", [message], []);
    },
    get last() {
      return last;
    },
    fresh,
    known: (type) => {
      const v = fresh();
      setDims(v, type.shape.map(dim));
      setDtype(v, type.dtype);
      if (type.classes !== null) classVars.set(dtypes.find(v), dim(type.classes));
      return v;
    },
    equalKinds,
    shapeOf: (v) => shapes.value(v)?.map((d) => sizes.value(d)) ?? null,
    textOf,
    rootOf: (d) => sizes.find(d),
    saidShape: (v) => shapes.place(v),
    by: (now) => {
      place = now;
    },
    watch,
    wake,
    setLast: (now) => {
      last = now;
    },
    clashes,
  };
};
