/** Stops a run at the next step. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Gives the signals back. */
  readonly dispose: () => void;
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Makes the first Ctrl-C (or SIGTERM) a request to stop with a checkpoint; a second one ends the process at once. */
export const interruptOnSignals = (): Interrupt => {
  const controller = new AbortController();
  const dispose = (): void => {
    for (const name of SIGNALS) process.off(name, stop);
  };
  const stop = (): void => {
    dispose();
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, stop);
  return { signal: controller.signal, dispose };
};
