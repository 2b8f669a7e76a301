/** `main` of train.py: the run from its arguments to its exit code. */
import { layOut } from "../model/layout.js";
import { quoted } from "../model/code.js";
import { carries, closeWindow, openWindow, savesCarry, usesOffset, weighs } from "./windows.js";
import { argumentsOf, batchOf, byEquations, callOf, drawsByTorch, hasSeveral, isRagged, sequencesOf, usesNoise } from "./script-support.js";
import type { Method } from "../model/model.js";
import type { Script } from "./script-support.js";

const indented = (lines: readonly (string | null)[], by: number): string =>
  lines.flatMap((line) => (line === null ? [] : [line === "" ? "" : " ".repeat(by) + line])).join("\n");

/** What --compile compiles: never a loop over steps, which would be unrolled, but its step, and the functions that are applied. */
const compiling = ({ compiled }: Script, name: string): readonly string[] => {
  if (compiled === null) return [`${name} = torch.compile(compute) if args.compile else compute`];
  const { methods, modules } = compiled;
  return [
    ...(methods.length + modules.length === 0 ? [] : ["if args.compile:", "    # The step, never the loop over steps, which would be unrolled."]),
    ...compilingMethods(methods),
    ...modules.map((module) => `    model.${module}.compile()`),
    `${name} = compute`,
  ];
};

const compilingMethods = (methods: readonly Method[]): readonly string[] => {
  const isOwn = methods.every(({ module }) => module === "");
  const [names, of] = isOwn ? ["name", "model"] : ["module, name", "module"];
  const list = tuple(methods.map(({ module, name }) => (isOwn ? quoted(name) : `(${module === "" ? "model" : `model.${module}`}, ${quoted(name)})`)));
  return methods.length === 0 ? [] : [...layOut(`        for ${names} in ${list}:`).map((line) => line.slice(4)), `        setattr(${of}, name, torch.compile(getattr(${of}, name)))`];
};

const tuple = (names: readonly string[]): string => `(${names.join(", ")}${names.length === 1 ? "," : ""})`;

/** Whether what stands before the first window is made of weights, which other windows do not need. */
const startIsLearnt = (script: Script): boolean => script.windows !== undefined && /^ +def start\([\s\S]*?\n\n/m.exec(script.model)?.[0].includes("self.") === true;

/** One Update on a window: its losses, and what it gives for the next one. */
const updatesWindow = (script: Script, equations: boolean, noise: string): readonly string[] => {
  const { burnIn = 0, back = 0 } = script.windows?.horizon ?? {};
  const left = !carries(script) ? "" : burnIn > back ? ", _" : equations ? ", done" : ", states";
  const given = `${carries(script) ? ", carry" : ""}${usesOffset(script) ? ", first" : ""}${noise}`;
  if (equations) return [`values${left} = update_once(model, slots, batch, size, update${given})`];
  const total = weighs(script) ? "(values[: len(STATEMENTS)] * signs).sum()" : "(values * signs).sum()";
  return [
    `values${left} = step(model, batch${given})`,
    ...(script.mayLackLoops === true || startIsLearnt(script) ? [`loss = ${total}`, "if loss.requires_grad:", "    loss.backward()"] : [`${total}.backward()`]),
    "values = values.detach()",
  ];
};

/** Gradients of zeros for what some windows do not need, as all windows make an Update of it; what no window needs has none. */
const withZeros = ({ beyond = [] }: Script, lacks: boolean): readonly string[] => {
  const said = `    # ${lacks ? "What a window does not need" : "What only the start of a sequence needs"} has a gradient of zeros in ${lacks ? "it" : "other windows"}.`;
  const all = ["    for parameter in model.parameters():", "        parameter.grad = torch.zeros_like(parameter)"];
  if (beyond.length === 0) return [said, ...all];
  return [
    said, ...layOut(`    beyond = {${beyond.map(quoted).join(", ")}}`), "    for name, parameter in model.named_parameters():",
    "        parameter.grad = None if name in beyond else torch.zeros_like(parameter)",
  ];
};

/** The body of \`main\`: everything in order. */
export const printMain = (script: Script): string => {
  const hasData = script.settings.data !== null;
  const windows = script.windows !== undefined, kept = carries(script), saves = savesCarry(script), weighted = weighs(script);
  const noise = usesNoise(script);
  const least = script.leastRows ?? null;
  const optimizers = hasSeveral(script.model) ? "list(optimizer(model))" : "[optimizer(model)]";
  const values = { model: "model", optimizers: "optimizers", optimizer: hasSeveral(script.model) ? "optimizers" : "optimizers[0]", update: "update" };
  const before = callOf(script, "before_step", "before_step", values);
  const after = callOf(script, "after_step", "after_step", values);
  const byTorch = drawsByTorch(script);
  const lacks = script.mayLackLoops === true;
  const zeros = startIsLearnt(script);
  const listOf = (name: string): string => (weighted ? `${name}.as_list()` : `[${name}.count, *${name}.sums]`);
  const made = argumentsOf(script.model, "optimizer") === null ? "[]" : optimizers;
  const given = noise ? ", noise" : "";
  const noiseLine = noise ? "noise = Noise(args.seed, torch.tensor(update), rows)" : null;
  const equations = byEquations(script);
  const state = equations ? "slots" : "optimizers";
  const overBatch = windows ? ["if world > 1:", '    stop("windows of sequences are learnt from by one process")'] : script.overBatch.length === 0 ? null : [
    "if world > 1:",
    ...layOut(`        stop("${script.overBatch.join(", ")} computes over the whole batch, which processes can't share")`).map((line) => line.slice(4)),
  ];
  return [
    "def main() -> int:",
    indented([
      "args = parse_arguments()",
      "torch.set_default_dtype(getattr(torch, args.dtype))",
      "rank, world = int(os.getenv(\"RANK\", \"0\")), int(os.getenv(\"WORLD_SIZE\", \"1\"))",
      ...(overBatch ?? []),
      "device = torch.device(args.device)",
      ...[
        "if world > 1:",
        "    if device.type == \"cuda\":",
        "        device = torch.device(\"cuda\", int(os.environ[\"LOCAL_RANK\"]))",
        "        torch.cuda.set_device(device)",
        "    dist.init_process_group(\"nccl\" if device.type == \"cuda\" else \"gloo\")",
      ],
      ...(hasData
        ? [
            "data, train, test = load_data(args.data, args.seed)",
            "data = {name: values.to(device) for name, values in data.items()}",
            "samples = len(train)",
            "size = args.batch or min(64, 2 ** int(math.log2(max(1, samples))))",
            "if not world <= size <= samples:",
            "    stop(f\"a batch of {size} wants from {world} (processes) to {samples} (training samples)\")",
            ...(windows ? [] : ["per_epoch: int | None = samples // size"]),
            ...(windows ? [
              `windows = ${isRagged(script) ? '(data["lengths"].cpu() + BACK - 1) // BACK' : `torch.full((len(data[${quoted(sequencesOf(script)[0]?.name ?? "")}]),), math.ceil(data[${quoted(sequencesOf(script)[0]?.name ?? "")}].shape[1] / BACK))`}`,
              "agenda = Agenda(args.seed, train, windows, size)",
            ] : []),
          ]
        : ["samples, size = 0, args.batch", "per_epoch: int | None = None"]),
      ...(least === null ? [] : [`if size < ${String(least.rows)}:`, `    stop("${least.op} wants at least ${String(least.rows)} samples in a batch")`]),
      script.settings.length.unit === "epochs"
        ? `steps = args.steps if args.steps is not None else ${windows ? "agenda.first(args.epochs)" : "args.epochs * per_epoch"}`
        : hasData
          ? `steps = args.steps if args.epochs is None else ${windows ? "agenda.first(args.epochs)" : "args.epochs * per_epoch"}`
          : "steps = args.steps",
      "",
      script.hasInitial ? null : "torch.manual_seed(args.seed)",
      "model = Model()",
      script.hasInitial ? "initialize(model, args.seed)" : null,
      "model = model.to(device)",
      equations ? "slots = make_slots(model)" : `optimizers: Optimizers = ${made}`,
      "update, before = 0, 0.0",
      "recent, of_epoch = Means(), Means()",
      "latest: dict[str, float] = {}",
      "args.out.mkdir(parents=True, exist_ok=True)",
      "checkpoint = args.out / \"checkpoint.safetensors\"",
      "identity = {\"seed\": args.seed, \"batch\": size, \"samples\": samples}",
      ...(kept ? ["left: dict[str, Tensor] = {}", "carry: Carry | None = None"] : []),
      ...(saves ? ["first, lengths = 0, torch.zeros(0)"] : []),
      "if args.resume:",
      `    about${saves ? ", left" : ""} = load(checkpoint, model, @)`.replace("@", state),
      ...(saves ? ["    left = {name: value.to(device) for name, value in left.items()}"] : []),
      "    for key, value in identity.items():",
      "        if about[key] != str(value):",
      "            stop(f\"{checkpoint} has {key} {about[key]}, and this run has {value}\")",
      "    update, before = int(about[\"update\"]), float(about[\"seconds\"])",
      "    recent, of_epoch = Means(json.loads(about[\"recent\"])), Means(json.loads(about[\"of_epoch\"]))",
      "log = Log(args.out / \"metrics.jsonl\", update) if rank == 0 else None",
      "progress = Progress(update, steps)",
      "began = saved = flushed = time.monotonic()",
      equations ? null : "signs = torch.tensor(list(STATEMENTS.values()), dtype=torch.get_default_dtype(), device=device)",
      ...compiling(script, equations ? "update_once" : "step"),
      "",
      "def line(kind: str, losses: dict[str, float], **scores: object) -> None:",
      "    seconds = round(before + time.monotonic() - began, 3)",
      windows ? "    epoch, *_ = agenda.find(update)" : "    epoch = None if per_epoch is None else update // per_epoch",
      "    present = {part: score for part, score in scores.items() if score is not None}",
      "    if log is not None:",
      "        log.add(kind=kind, step=update, epoch=epoch, seconds=seconds, losses=losses, **present)",
      "",
      "def keep() -> None:",
      "    if log is None:",
      "        return",
      "    log.flush()",
      ...(windows ? ["    epoch, *_ = agenda.find(update)", "    position = update - agenda.first(epoch)"] : ["    epoch, position = divmod(update, per_epoch) if per_epoch else (0, update)"]),
      "    about = {\"format\": FORMAT, \"program\": PROGRAM, \"update\": update, \"epoch\": epoch}",
      "    about |= {\"position\": position, **identity, \"seconds\": before + time.monotonic() - began}",
      "    about |= {\"recent\": json.dumps(@)}".replace("@", listOf("recent")),
      "    about |= {\"of_epoch\": json.dumps(@)}".replace("@", listOf("of_epoch")),
      ...(saves ? [`    lower = first + BACK${(script.windows?.horizon.burnIn ?? 0) === 0 ? "" : " - BURN_IN"}`, "    carried_on = named(carry, lower, lengths) if carry is not None else left"] : []),
      `    save(checkpoint, model, @, ${saves ? "carried_on, " : ""}about)`.replace("@", state),
      "",
      ...(hasData
        ? [
            "def evaluate(part: Tensor) -> dict[str, dict[str, float]] | None:",
            "    \"\"\"Means over a part of the data, 256 samples at a time.\"\"\"",
            "    if rank > 0 or len(part) == 0:",
            "        return None",
            "    model.eval()",
            "    totals: dict[str, dict[str, float]] = {}",
            "    for rows in part.to(device).split(256):",
            `        batch = ${batchOf(script, "rows")}`,
            noiseLine === null ? null : `        ${noiseLine}`,
            `        for kind, scores in score(model, batch${given}).items():`,
            "            sums = totals.setdefault(kind, {})",
            "            for label, value in scores.items():",
            "                sums[label] = sums.get(label, 0.0) + value * len(rows)",
            "    model.train()",
            "    return {k: {label: v / len(part) for label, v in s.items()} for k, s in totals.items()}",
            "",
          ]
        : []),
      "interrupted = False",
      "",
      "def interrupt(number: int, _: object) -> None:",
      "    nonlocal interrupted",
      "    interrupted = True",
      "    signal.signal(number, signal.SIG_DFL)  # a second one ends the process at once",
      "",
      "signal.signal(signal.SIGINT, interrupt)",
      "signal.signal(signal.SIGTERM, interrupt)",
      "model.train()",
      "keep()",
      "stopping = False",
      "waiting: list[Tensor] = []",
      hasData && !windows ? "order, of = train, -1" : null,
      ...(windows ? ["of = (-1, -1)"] : []),
      "while update < steps and not stopping:",
      ...(windows ? openWindow(script).map((text) => `    ${text}`) : hasData
        ? [
            "    assert per_epoch is not None",
            "    epoch, position = divmod(update, per_epoch)",
            "    if epoch != of:",
            "        order, of = train[permutation(args.seed, epoch, samples)].to(device), epoch",
            "    rows = share(order[position * size : (position + 1) * size], rank, world)",
            `    batch = ${batchOf(script, "rows")}`,
          ]
        : [
            "    rows = share(torch.arange(size, device=device), rank, world)",
            "    batch: dict[str, Tensor] = {}",
          ]),
      byTorch ? "    torch.manual_seed((args.seed * 1_000_003 + update) * world + rank)" : null,
      ...(equations ? [] : zeros || lacks ? withZeros(script, lacks)
        : ["    for one in optimizers:", "        one.zero_grad(set_to_none=True)"]),
      noiseLine === null || windows ? null : `    ${noiseLine}`,
      ...(windows ? updatesWindow(script, equations, given).map((text) => `    ${text}`) : equations ? [`    values = update_once(model, slots, batch, size, update${given})`] : [
        `    values = step(model, batch${given}) * (len(rows) / size)`,
        "    (values * signs).sum().backward()",
        "    values = values.detach()",
      ]),
      "    stopping = interrupted",
      ...(equations ? [
        "    if world > 1:",
        "        flag = values.new_tensor([interrupted])",
        "        dist.all_reduce(flag)",
        "        stopping = flag.item() > 0",
      ] : [
        "    if world > 1:",
        "        flag = values.new_tensor([interrupted])",
        "        values = sum_over_processes(model, torch.cat([values, flag]))",
        "        values, stopping = values[:-1], values[-1].item() > 0",
      ]),
      before === null ? null : `    ${before}`,
      ...(equations ? [] : ["    for one in optimizers:", "        one.step()"]),
      after === null ? null : `    ${after}`,
      ...closeWindow(script).map((text) => `    ${text}`),
      "    update += 1",
      "    waiting.append(values)",
      "",
      windows ? "    ends_epoch = agenda.first(agenda.find(update)[0]) == update" : "    ends_epoch = per_epoch is not None and update % per_epoch == 0",
      "    if update % 10 != 0 and not ends_epoch and not stopping and update < steps:",
      "        continue",
      "    for losses_now in torch.stack(waiting).tolist():",
      "        recent.add(losses_now)",
      "        of_epoch.add(losses_now)",
      "    waiting.clear()",
      "    for label, total in zip(STATEMENTS, recent.sums, strict=True):",
      "        if not math.isfinite(total):",
      "            progress.clear()",
      "            stop(f\"the loss of {label} is not finite by step {update}; the checkpoint is kept\")",
      "    if update % 10 == 0:",
      "        line(\"step\", recent.by_label())",
      "        progress.show(update, recent.by_label()) if rank == 0 else None",
      "        latest, recent = recent.by_label(), Means()",
      "    if ends_epoch:",
      hasData
        ? `        line("epoch", of_epoch.by_label(), test=${script.settings.length.unit === "epochs" ? "evaluate(test)" : "None"})`
        : "        line(\"epoch\", of_epoch.by_label())",
      "        of_epoch = Means()",
      "    now = time.monotonic()",
      "    if log is not None and now - flushed > 1:",
      "        log.flush()",
      "        flushed = now",
      "    if now - saved > 30:",
      "        keep()",
      "        saved = now",
      "",
      "keep()",
      "progress.clear()",
      "if rank == 0 and stopping:",
      "    print(f\"interrupted at step {update}; --resume continues\", file=sys.stderr)",
      "elif rank == 0:",
      ...(hasData
        ? [
            "    train_scores, test_scores = evaluate(train), evaluate(test)",
            "    line(\"final\", recent.by_label() or latest, train=train_scores, test=test_scores)",
            "    for part, scores in ((\"train\", train_scores), (\"test\", test_scores)):",
            "        if scores is not None:",
            "            pairs = {**scores[\"metrics\"], **scores[\"losses\"]}.items()",
            "            print(f\"{part:6}\", \"  \".join(f\"{label} {value:.4g}\" for label, value in pairs))",
          ]
        : ["    line(\"final\", recent.by_label() or latest)"]),
      "    assert log is not None",
      "    log.flush()",
      "if world > 1:", "    dist.destroy_process_group()",
      "return 130 if stopping else 0",
    ], 4),
  ].join("\n");
};
