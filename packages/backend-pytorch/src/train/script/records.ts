/** What a training script tells of a run: means of losses, `metrics.jsonl`, and the progress on a terminal. */
import type { Facts } from "./facts.js";
import { definitions, python } from "./template.js";

const MEANS = python`
class Means:
    """Sums and their count, one sum for each training statement."""

    def __init__(self, values: list[float] | None = None) -> None:
        self.count: float = values[0] if values else 0
        self.sums: list[float] = values[1:] if values else [0.0] * len(STATEMENTS)

    def add(self, values: list[float], weight: int = 1) -> None:
        self.count += weight
        self.sums = [total + value * weight for total, value in zip(self.sums, values, strict=True)]

    def by_label(self) -> dict[str, float]:
        """The means; none of nothing."""
        count = self.count
        pairs = zip(STATEMENTS, self.sums, strict=True)
        return {label: total / count for label, total in pairs} if count else {}
`;

/** Where a statement may have no instance in a window: means of their own windows alone. */
const WEIGHED_MEANS = python`
class Means:
    """Sums and how often each was added to, for each training statement."""

    def __init__(self, values: list[float | None] | None = None) -> None:
        count, *rest = values or [0.0]
        gap = rest.index(None) if None in rest else len(rest)
        self.count = count or 0.0
        self.sums = [value or 0.0 for value in rest[:gap]] or [0.0] * len(STATEMENTS)
        self.weights = [value or 0.0 for value in rest[gap + 1 :]] or [self.count] * len(STATEMENTS)

    def add(self, values: list[float]) -> None:
        """Values, and behind them whether each counts."""
        self.count += 1
        for k, value in enumerate(values[: len(STATEMENTS)]):
            if values[len(STATEMENTS) + k]:
                self.sums[k] += value
                self.weights[k] += 1

    def as_list(self) -> list[float | None]:
        even = all(weight == self.count for weight in self.weights)
        return [self.count, *self.sums, *([] if even else [None, *self.weights])]

    def by_label(self) -> dict[str, float]:
        """The means; none of nothing."""
        if not self.count:
            return {}
        pairs = zip(STATEMENTS, self.sums, self.weights, strict=True)
        return {label: total / weight if weight else math.nan for label, total, weight in pairs}
`;

const LOG = python`
class Log:
    """metrics.jsonl, one JSON object a line; lines wait in memory until flushed."""

    def __init__(self, path: Path, update: int) -> None:
        self.path, self.waiting = path, ""
        lines = path.read_text().splitlines() if update > 0 and path.exists() else []
        kept = [line for line in lines if json.loads(line)["step"] <= update]
        kept = [line for line in kept if json.loads(line)["kind"] != "final"]
        path.write_text("".join(f"{line}\n" for line in kept))
        steps = [line for line in map(json.loads, kept) if line["kind"] == "step"]
        self.latest: dict[str, float] = steps[-1]["losses"] if steps else {}

    def add(self, **fields: object) -> None:
        self.waiting += json.dumps(printable(fields), ensure_ascii=False) + "\n"

    def flush(self) -> None:
        with self.path.open("a") as file:
            file.write(self.waiting)
        self.waiting = ""


def printable(value: Any) -> Any:
    """JSON has no NaN and no infinity: they become strings."""
    if isinstance(value, dict):
        return {key: printable(one) for key, one in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
`;

export const PROGRESS = python`
class Progress:
    """A line on stderr that is rewritten; plain lines every few seconds where stderr is no terminal."""

    def __init__(self, first: int, steps: int) -> None:
        self.live, self.first, self.steps = sys.stderr.isatty(), first, steps
        self.began = self.shown = time.monotonic()

    def show(self, update: int, losses: dict[str, float]) -> None:
        now = time.monotonic()
        if now - self.shown < (0.1 if self.live else 5):
            return
        self.shown = now
        rate = (update - self.first) / (now - self.began)
        left = round((self.steps - update) / rate)
        values = "  ".join(f"{label} {value:.4g}" for label, value in losses.items())
        line = f"step {update}/{self.steps}  {values}  {rate:.4g} steps/s  {left} s left"
        text = f"\r\x1b[2K{line[:120]}" if self.live else f"{line}\n"
        print(text, end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self.live:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
`;

export const records = ({ weighs }: Facts): string => definitions(weighs ? WEIGHED_MEANS : MEANS, LOG);
