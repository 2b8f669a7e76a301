// Sequences with something to remember, each as arrays [samples, steps, ...]. `random` comes from one seed.

const float = (shape, data) => ({ shape, data: Float32Array.from(data) });
const bytes = (shape, data) => ({ shape, data: Uint8Array.from(data) });

/** A driven linear system seen through a nonlinearity: x [samples, steps, 3] drives it, y [samples, steps, 2] is seen. */
export function driven(random, samples = 128, steps = 16) {
  const x = [];
  const y = [];
  for (let i = 0; i < samples; i++) {
    let a = 0;
    let b = 0;
    for (let t = 0; t < steps; t++) {
      const drive = [random.normal(), random.normal(), random.normal()];
      [a, b] = [0.8 * a - 0.4 * b + 0.5 * drive[0], 0.4 * a + 0.8 * b + 0.5 * drive[1]];
      x.push(...drive);
      y.push(Math.tanh(a), Math.tanh(b + drive[2] * a));
    }
  }
  return { x: float([samples, steps, 3], x), y: float([samples, steps, 2], y) };
}

/**
 * Words of 4 to `steps` symbols out of four, x [samples, steps], as long as x_length says; `both` is 1 where the symbol stands both
 * earlier and later in the word, `most` where no symbol of the word is more frequent.
 */
export function words(random, samples = 1024, steps = 12) {
  const x = new Uint8Array(samples * steps);
  const both = new Uint8Array(samples * steps);
  const most = new Uint8Array(samples * steps);
  const lengths = [];
  for (let i = 0; i < samples; i++) {
    const length = 4 + Math.floor(random.uniform() * (steps - 3));
    const word = Array.from({ length }, () => Math.floor(random.uniform() * 4));
    const counts = [0, 1, 2, 3].map((symbol) => word.filter((one) => one === symbol).length);
    word.forEach((symbol, t) => {
      x[i * steps + t] = symbol;
      both[i * steps + t] = word.slice(0, t).includes(symbol) && word.slice(t + 1).includes(symbol) ? 1 : 0;
      most[i * steps + t] = counts[symbol] === Math.max(...counts) ? 1 : 0;
    });
    lengths.push(length);
  }
  return { x: bytes([samples, steps], x), x_length: bytes([samples], lengths), both: bytes([samples, steps], both), most: bytes([samples, steps], most) };
}

/** The adding problem (Hochreiter and Schmidhuber 1997): x [samples, steps, 2] has a number in [0, 1) and a mark; y is the sum of the two marked numbers. */
export function adding(random, samples = 256, steps = 20) {
  const x = [];
  const y = [];
  for (let i = 0; i < samples; i++) {
    const values = Array.from({ length: steps }, () => random.uniform());
    const half = Math.floor(steps / 2);
    const first = Math.floor(random.uniform() * half);
    const second = half + Math.floor(random.uniform() * (steps - half));
    values.forEach((value, t) => x.push(value, t === first || t === second ? 1 : 0));
    y.push(values[first] + values[second]);
  }
  return { x: float([samples, steps, 2], x), y: float([samples], y) };
}

/**
 * Copy memory (Hochreiter and Schmidhuber 1997; Arjovsky et al. 2016): `symbols` of 1..8, then `blanks` of 0, a 9, and silence; y asks for the
 * symbols at the end and 0 before.
 */
export function copying(random, samples = 128, symbols = 10, blanks = 50) {
  const steps = 2 * symbols + blanks;
  const x = new Uint8Array(samples * steps);
  const y = new Uint8Array(samples * steps);
  for (let i = 0; i < samples; i++) {
    for (let k = 0; k < symbols; k++) {
      const symbol = 1 + Math.floor(random.uniform() * 8);
      x[i * steps + k] = symbol;
      y[i * steps + symbols + blanks + k] = symbol;
    }
    x[i * steps + symbols + blanks - 1] = 9;
  }
  return { x: bytes([samples, steps], x), y: bytes([samples, steps], y) };
}

/** A damped oscillator from a start of its own: z0 [samples, 2], its path y [samples, steps, 2], and x, the same with noise. */
export function oscillator(random, samples = 128, steps = 24, noise = 0.2) {
  const starts = [];
  const path = [];
  const seen = [];
  for (let i = 0; i < samples; i++) {
    let z = [random.normal(), random.normal()];
    starts.push(...z);
    for (let t = 0; t < steps; t++) {
      // A pendulum with friction, by ten small steps of a tenth each.
      for (let k = 0; k < 10; k++) z = [z[0] + 0.02 * z[1], z[1] - 0.02 * (2 * Math.sin(z[0]) + 0.3 * z[1])];
      path.push(...z);
      seen.push(z[0] + noise * random.normal(), z[1] + noise * random.normal());
    }
  }
  return { z0: float([samples, 2], starts), y: float([samples, steps, 2], path), x: float([samples, steps, 2], seen) };
}

/** A walk on five places in a row (Sutton 1988), to an end at either side: O [samples, steps, 5] one-hot places, r [samples, steps], 1 at the right end; each walk as long as O_length says. */
export function walks(random, samples = 256, steps = 24) {
  const O = new Uint8Array(samples * steps * 5);
  const r = new Uint8Array(samples * steps);
  const lengths = [];
  for (let i = 0; i < samples; i++) {
    let place = 2;
    let length = 0;
    while (length < steps) {
      O[(i * steps + length) * 5 + place] = 1;
      length++;
      const next = place + (random.uniform() < 0.5 ? -1 : 1);
      if (next < 0 || next > 4) {
        r[i * steps + length - 1] = next > 4 ? 1 : 0;
        break;
      }
      place = next;
    }
    lengths.push(length);
  }
  return { O: bytes([samples, steps, 5], O), r: bytes([samples, steps], r), O_length: bytes([samples], lengths) };
}

/** Digits row by row: x [samples, 8, 8] and y. */
export function rows({ X, y }) {
  return { x: bytes([X.shape[0], 8, 8], X.data), y: bytes(y.shape, y.data) };
}
