/** Strongly connected components, without recursion. */

/** Components of the graph of successors, each after all that it reaches; deterministic in the order of rows. Linear time. */
export const components = (successors: readonly (readonly number[])[]): readonly (readonly number[])[] => {
  const n = successors.length;
  const index = new Int32Array(n).fill(-1);
  const low = new Int32Array(n);
  const next = new Int32Array(n);
  const open = new Uint8Array(n);
  const stack: number[] = [];
  const out: number[][] = [];
  let count = 0;
  const enter = (v: number): void => {
    index[v] = low[v] = count++;
    stack.push(v);
    open[v] = 1;
  };
  for (let root = 0; root < n; root += 1) {
    if (index[root] !== -1) continue;
    enter(root);
    const path = [root];
    for (let v = path.at(-1); v !== undefined; v = path.at(-1)) {
      const to = successors[v]?.[next[v] ?? 0];
      if (to !== undefined) {
        next[v] = (next[v] ?? 0) + 1;
        if (index[to] === -1) {
          enter(to);
          path.push(to);
        } else if (open[to] === 1) low[v] = Math.min(low[v] ?? 0, index[to] ?? 0);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) low[parent] = Math.min(low[parent] ?? 0, low[v] ?? 0);
      if (low[v] !== index[v]) continue;
      const component: number[] = [];
      for (let w = stack.pop(); w !== undefined; w = stack.pop()) {
        open[w] = 0;
        component.push(w);
        if (w === v) break;
      }
      out.push(component.reverse());
    }
  }
  return out;
};

/** A shortest cycle through the first row of a component, as rows in order; the edges must make it strongly connected. */
export const cycleIn = (component: readonly number[], successors: readonly (readonly number[])[]): readonly number[] => {
  const [start] = component;
  if (start === undefined) return [];
  const inside = new Set(component);
  const before = new Map<number, number>();
  const queue = [start];
  for (const v of queue) {
    for (const to of successors[v] ?? []) {
      if (to === start) {
        const cycle = [v];
        for (let w = before.get(v); w !== undefined; w = before.get(w)) cycle.push(w);
        return cycle.reverse();
      }
      if (!inside.has(to) || before.has(to)) continue;
      before.set(to, v);
      queue.push(to);
    }
  }
  return [start];
};
