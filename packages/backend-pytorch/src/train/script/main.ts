/** `main` of train.py: the run from its arguments to its exit code, section by section. */
import { quoted, tuple } from "../../model/code.js";
import type { Method } from "../../model/compiled.js";
import { batchOf, modelsGiven } from "./facts.js";
import type { Facts } from "./facts.js";
import { partOf, shareOfWindow } from "./processes.js";
import { linesOf, python } from "./template.js";
import type { Piece } from "./template.js";
import { makeParts } from "./parts.js";
import { closeWindow, looksFar, openWindow } from "./windows.js";

/** What of the state beside the model a checkpoint is written from and read into. */
const keeper = ({ equations }: Facts): string => (equations ? "slots" : "optimizers");
const EPOCH_AND_POSITION = "divmod(update, per_epoch)";

/** What one process alone can do. */
const refuseProcesses = ({ overBatch }: Facts): Piece =>
  overBatch.length > 0 && ["if world > 1:", `    stop("${overBatch.join(", ")} computes over the whole batch, which processes can't share")`];

const setUp = (facts: Facts): string => python`
args = parse_arguments()
torch.set_default_dtype(getattr(torch, args.dtype))
rank, world = int(os.getenv("RANK", "0")), int(os.getenv("WORLD_SIZE", "1"))
${refuseProcesses(facts)}
try:
    device = torch.empty(0, device=args.device).device
except (RuntimeError, AssertionError):
    stop(f"there is no device {args.device} here")
if world > 1:
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
`;

const countWindows = ({ ragged, sequence }: Facts): Piece => [
  `windows = ${ragged ? '(data["lengths"].cpu() + BACK - 1) // BACK' : `torch.full((len(data[${sequence}]),), math.ceil(data[${sequence}].shape[1] / BACK))`}`,
  "agenda = Agenda(args.seed, train, windows, size)",
];

const stepsOf = ({ hasData, windows, settings }: Facts): string => {
  const perEpoch = windows !== null ? "agenda.first(args.epochs)" : "args.epochs * per_epoch";
  if (settings.length.unit === "epochs") return `args.steps if args.steps is not None else ${perEpoch}`;
  return hasData ? `args.steps if args.epochs is None else ${perEpoch}` : "args.steps";
};

/** The data and how many Updates there are. */
const takeData = (facts: Facts): string => {
  const { hasData, windows, leastRows } = facts;
  const loaded = python`
data, train, test = load_data(args.data, args.seed)
data = {name: values.to(device) for name, values in data.items()}
samples = len(train)
size = args.batch or min(64, 2 ** int(math.log2(max(1, samples))))
if not world <= size <= samples:
    stop(f"a batch of {size} wants from {world} (processes) to {samples} (training samples)")
${windows !== null ? countWindows(facts) : "per_epoch: int | None = samples // size"}
`;
  return python`
${hasData ? loaded : ["samples, size = 0, args.batch", "per_epoch: int | None = None"]}
${leastRows !== null && [`if size < ${leastRows.rows}:`, `    stop("${leastRows.op} wants at least ${leastRows.rows} samples in a batch")`]}
steps = ${stepsOf(facts)}
`;
};

const makeOptimizers = ({ model, call }: Facts): string => {
  const made = call("optimizer");
  return made === null ? "[]" : model.severalOptimizers ? `list(${made})` : `[${made}]`;
};

/** The model and the state of the run, new or as a checkpoint has them. */
const makeModel = (facts: Facts): string => {
  const { hasInitial, equations, carries, savesCarry, sequences } = facts;
  return python`
${!hasInitial && "torch.manual_seed(args.seed)"}
model = Model()
${hasInitial && "initialize(model, args.seed)"}
model = model.to(device)
${makeParts(facts)}
${equations ? "slots = make_slots(model)" : `optimizers: Optimizers = ${makeOptimizers(facts)}`}
update, before = 0, 0.0
recent, of_epoch = Means(), Means()
try:
    args.out.mkdir(parents=True, exist_ok=True)
except OSError as error:
    stop(f"{args.out} can't be made: {error.strerror}")
checkpoint = args.out / "checkpoint.safetensors"
identity = {"seed": args.seed, "batch": size, "samples": samples${sequences.length > 0 ? ', "horizon": HORIZON' : ""}}
${carries && ["left: dict[str, Tensor] = {}", "carry: Carry | None = None"]}
${savesCarry && "first, lengths = 0, torch.zeros(0)"}
if args.resume:
    about${savesCarry ? ", left" : ""} = load(checkpoint, model, ${keeper(facts)})
    ${savesCarry && "left = {name: share(value, rank, world).to(device) for name, value in left.items()}"}
    for key, value in identity.items():
        if (there := about.get(key, "none")) != str(value):
            stop(f"{checkpoint} has {key} {there}, and this run has {value}")
    update, before = int(about["update"]), float(about["seconds"])
    recent, of_epoch = Means(json.loads(about["recent"])), Means(json.loads(about["of_epoch"]))
log = Log(args.out / "metrics.jsonl", update) if rank == 0 else None
latest = {} if log is None else log.latest
if args.resume and update >= steps and rank == 0:
    print(f"nothing to do: the run is at step {update}, and ends at {steps}", file=sys.stderr)
progress = Progress(update, steps)
began = saved = flushed = time.monotonic()
${!equations && "signs = torch.tensor(list(STATEMENTS.values()), dtype=torch.get_default_dtype(), device=device)"}
${compile(facts)}
`;
};

/** What --compile compiles: never a loop over steps, which would be unrolled, but its step, and the functions that are applied. */
const compile = ({ model, equations, parts }: Facts): Piece => {
  const name = equations ? "update_once" : "step";
  const models = parts.length > 0 ? parts : [{ instance: "model", model }];
  if (models.every((one) => one.model.compiled === null)) return `${name} = torch.compile(compute) if args.compile else compute`;
  const lines = models.map(({ instance, model: { compiled } }) => compiled !== null && [
    compiled.methods.length > 0 && compileMethods(compiled.methods, instance),
    compiled.modules.map((module) => `    ${instance}.${module}.compile()`),
  ]);
  return [linesOf(lines).length > 0 && ["if args.compile:", "    # The step, never the loop over steps, which would be unrolled."], lines, `${name} = compute`];
};

const compileMethods = (methods: readonly Method[], model: string): readonly string[] => {
  const isOwn = methods.every(({ module }) => module === "");
  const [names, of] = isOwn ? ["name", model] : ["module, name", "module"];
  const list = tuple(methods.map(({ module, name }) => (isOwn ? quoted(name) : `(${module === "" ? model : `${model}.${module}`}, ${quoted(name)})`)));
  return [`    for ${names} in ${list}:`, `        setattr(${of}, name, torch.compile(getattr(${of}, name)))`];
};

const defineLine = ({ windows }: Facts): string => python`
def line(kind: str, losses: dict[str, float], **scores: object) -> None:
    seconds = round(before + time.monotonic() - began, 3)
    ${windows !== null ? "epoch, *_ = agenda.find(update)" : "epoch = None if per_epoch is None else update // per_epoch"}
    present = {part: score for part, score in scores.items() if score is not None}
    if log is not None:
        log.add(kind=kind, step=update, epoch=epoch, seconds=seconds, losses=losses, **present)
`;

const defineKeep = (facts: Facts): string => {
  const { windows, weighs, savesCarry } = facts;
  const listOf = (name: string): string => (weighs ? `${name}.as_list()` : `[${name}.count, *${name}.sums]`);
  const burnIn = (windows?.horizon.burnIn ?? 0) > 0;
  return python`
def keep() -> None:
    ${savesCarry && [
      `lower = first + BACK${burnIn ? " - BURN_IN" : ""}`, "carried_on = named(carry, lower, lengths) if carry is not None else left",
      "if world > 1:", "    carried_on = gathered(carried_on, world)",
    ]}
    if log is None:
        return
    log.flush()
    ${windows !== null ? ["epoch, *_ = agenda.find(update)", "position = update - agenda.first(epoch)"] : `epoch, position = ${EPOCH_AND_POSITION} if per_epoch else (0, update)`}
    about = {"format": FORMAT, "program": PROGRAM, "update": update, "epoch": epoch}
    about |= {"position": position, **identity, "seconds": before + time.monotonic() - began}
    about |= {"recent": json.dumps(${listOf("recent")})}
    about |= {"of_epoch": json.dumps(${listOf("of_epoch")})}
    save(checkpoint, model, ${keeper(facts)}, ${savesCarry ? "carried_on, " : ""}about)
`;
};

const defineEvaluate = (facts: Facts): string => python`
def evaluate(part: Tensor) -> dict[str, dict[str, float]] | None:
    """Means over a part of the data, 256 samples at a time."""
    if rank > 0 or len(part) == 0:
        return None
    model.eval()
    totals: dict[str, dict[str, float]] = {}
    ${facts.byInstances && "counts: dict[str, dict[str, float]] = {}"}
    for rows in part.to(device).split(256):
        batch = ${batchOf(facts, "rows")}
        ${facts.noise && MAKE_NOISE}
        ${facts.byInstances && 'found = instances(batch["lengths"])'}
        for kind, scores in score(model, batch${facts.noise ? ", noise" : ""}).items():
            sums = totals.setdefault(kind, {})
            ${facts.byInstances && "sizes = counts.setdefault(kind, {})"}
            for label, value in scores.items():
                ${facts.byInstances ? [
                  "count = found[kind][label].item()", "sums[label] = sums.get(label, 0.0) + value * count", "sizes[label] = sizes.get(label, 0.0) + count",
                ] : "sums[label] = sums.get(label, 0.0) + value * len(rows)"}
    model.train()
    ${facts.byInstances ? [
      "return {", "    kind: {", "        label: value / counts[kind][label] if counts[kind][label] else math.nan", "        for label, value in sums.items()", "    }", "    for kind, sums in totals.items()", "}",
    ] : "return {k: {label: v / len(part) for label, v in s.items()} for k, s in totals.items()}"}
`;

const INTERRUPT = python`
interrupted = False

def interrupt(number: int, _: object) -> None:
    nonlocal interrupted
    interrupted = True
    signal.signal(number, signal.SIG_DFL)  # a second one ends the process at once

signal.signal(signal.SIGINT, interrupt)
signal.signal(signal.SIGTERM, interrupt)
`;

const MAKE_NOISE = "noise = Noise(args.seed, torch.tensor(update), rows)";

const TAKE_SHARE = (facts: Facts): string => python`
assert per_epoch is not None
epoch, position = ${EPOCH_AND_POSITION}
if epoch != of:
    order, of = train[permutation(args.seed, epoch, samples)].to(device), epoch
rows = share(order[position * size : (position + 1) * size], rank, world)
batch = ${batchOf(facts, "rows")}
`;

/** The samples of an Update, or their part that is this process's. */
const takeBatch = (facts: Facts): Piece => {
  if (facts.windows !== null) return openWindow(facts, facts.windows);
  return facts.hasData ? TAKE_SHARE(facts) : ["rows = share(torch.arange(size, device=device), rank, world)", "batch: dict[str, Tensor] = {}"];
};

/** Losses and gradients of a batch, or by equations a whole Update. */
const learn = (facts: Facts): Piece => {
  const { model, equations, windows, carries, offset, noise, weighs, parts } = facts;
  const far = windows !== null && looksFar(windows), isInParts = parts.length > 0, models = modelsGiven(facts);
  const left = !carries ? "" : isInParts ? (far ? "" : ", left_on") : far ? ", _" : equations ? ", done" : ", states";
  const more = `${carries ? ", carry" : ""}${offset || isInParts ? ", first" : ""}${isInParts && carries && !far ? ", goes_on" : ""}${noise ? ", noise" : ""}`;
  if (equations) return `values${left} = update_once(model${models}, slots, batch, size, update${more})`;
  const total = weighs ? "(values[: len(STATEMENTS)] * signs).sum()" : "(values * signs).sum()";
  return [
    `values${left} = step(model${models}, batch${more})${windows === null ? ` * ${partOf(facts)}` : ""}`,
    windows !== null && shareOfWindow(facts),
    model.mayLackGradients || parts.some((part) => part.model.mayLackGradients) ? ["# What reaches no weight has no gradient.", "if values.requires_grad:", `    ${total}.backward()`] : `${total}.backward()`,
    "values = values.detach()",
  ];
};

/** Whether some process was interrupted; of autograd's gradients and losses the sum over processes. */
const ADD_UP = python`
if world > 1:
    flag = values.new_tensor([interrupted])
    values = sum_over_processes(model, torch.cat([values, flag]))
    values, stopping = values[:-1], values[-1].item() > 0
`;
const ASK_WHETHER_TO_STOP = python`
if world > 1:
    flag = values.new_tensor([interrupted])
    dist.all_reduce(flag)
    stopping = flag.item() > 0
`;

const updateOnce = (facts: Facts): string => {
  const { equations, windows, noise, drawsByTorch, model, call } = facts;
  const values = { optimizer: model.severalOptimizers ? "optimizers" : "optimizers[0]" };
  return python`
${takeBatch(facts)}
${drawsByTorch && "torch.manual_seed((args.seed * 1_000_003 + update) * world + rank)"}
${!equations && ["for one in optimizers:", "    one.zero_grad(set_to_none=True)"]}
${noise && windows === null && MAKE_NOISE}
${learn(facts)}
stopping = interrupted
${equations ? ASK_WHETHER_TO_STOP : ADD_UP}
${call("before_step", { values })}
${!equations && ["for one in optimizers:", "    one.step()"]}
${call("after_step", { values })}
${windows !== null && closeWindow(facts, windows)}
update += 1
waiting.append(values)
`;
};

/** What is told every ten Updates, and at the end of an epoch. */
const tell = ({ hasData, windows, settings, savesCarry }: Facts): string => python`
ends_epoch = ${windows !== null ? "agenda.first(agenda.find(update)[0]) == update" : "per_epoch is not None and update % per_epoch == 0"}
if update % 10 != 0 and not ends_epoch and not stopping and update < steps:
    continue
for losses_now in torch.stack(waiting).tolist():
    recent.add(losses_now)
    of_epoch.add(losses_now)
waiting.clear()
for label, total in zip(STATEMENTS, recent.sums, strict=True):
    if not math.isfinite(total):
        progress.clear()
        stop(f"the loss of {label} is not finite by step {update}; the checkpoint is kept")
if update % 10 == 0:
    line("step", recent.by_label())
    progress.show(update, recent.by_label()) if rank == 0 else None
    latest, recent = recent.by_label(), Means()
if ends_epoch:
    line("epoch", of_epoch.by_label()${!hasData ? "" : settings.length.unit === "epochs" ? ", test=evaluate(test)" : ", test=None"})
    of_epoch = Means()
now = time.monotonic()
if log is not None and now - flushed > 1:
    log.flush()
    flushed = now
${savesCarry ? ["due = now - saved > 30", "if decided(due, device) if world > 1 else due:"] : "if now - saved > 30:"}
    keep()
    saved = now
`;

const FINAL_SCORES = python`
train_scores, test_scores = evaluate(train), evaluate(test)
line("final", recent.by_label() or latest, train=train_scores, test=test_scores)
for part, scores in (("train", train_scores), ("test", test_scores)):
    if scores is not None:
        pairs = {**scores["metrics"], **scores["losses"]}.items()
        print(f"{part:6}", "  ".join(f"{label} {value:.4g}" for label, value in pairs))
`;

const conclude = ({ hasData }: Facts): string => python`
keep()
progress.clear()
if rank == 0 and stopping:
    print(f"interrupted at step {update}; --resume continues", file=sys.stderr)
elif rank == 0:
    ${hasData ? FINAL_SCORES : 'line("final", recent.by_label() or latest)'}
    assert log is not None
    log.flush()
if world > 1:
    dist.destroy_process_group()
return 130 if stopping else 0
`;

export const main = (facts: Facts): string => python`
def main() -> int:
    ${setUp(facts)}
    ${takeData(facts)}

    ${makeModel(facts)}

    ${defineLine(facts)}

    ${defineKeep(facts)}

    ${facts.hasData && [defineEvaluate(facts), ""]}
    ${INTERRUPT}
    model.train()
    keep()
    stopping = False
    waiting: list[Tensor] = []
    ${facts.windows !== null ? "of = (-1, -1)" : facts.hasData && "order, of = train, -1"}
    while update < steps and not stopping:
        ${updateOnce(facts)}

        ${tell(facts)}

    ${conclude(facts)}
`;
