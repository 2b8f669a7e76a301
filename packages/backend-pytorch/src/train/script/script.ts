/** `train.py`: trains the model beside it, as our trainer does: same data order, records and checkpoints. */
import { layOutText } from "../../model/layout.js";
import { importLines } from "../python-file.js";
import type { Import } from "../python-file.js";
import { checkpoints } from "./checkpoints.js";
import { computing } from "./computing.js";
import { factsOf } from "./facts.js";
import type { Facts, Script } from "./facts.js";
import { main } from "./main.js";
import { processes } from "./processes.js";
import { reading, STOP } from "./reading.js";
import { PROGRESS, records } from "./records.js";
import { constants, parseArguments } from "./settings.js";
import { definitions } from "./template.js";
import { windowing } from "./windows.js";

/** What model.py offers and a script may call. */
const FUNCTIONS = ["after_step", "before_step", "carried", "counts", "losses", "make_slots", "metrics", "optimizer", "step"];

/** What is imported from model.py, classes first. */
const modelNames = ({ carries, equations, has, parts }: Facts): readonly string[] => [
  ...(carries ? ["Carry"] : []), "Model", ...(carries && parts.length === 0 ? [equations ? "Step" : "States"] : []), ...FUNCTIONS.filter(has),
];

/** Parts of philox.py that the script imports. */
const drawsOf = ({ random, noise, hasData, settings: { test } }: Facts): readonly string[] =>
  random === "torch" ? [] : [...(noise ? ["Noise"] : []), ...(hasData ? ["permutation"] : []), ...(hasData && typeof test === "number" ? ["split"] : [])];

const importsOf = (facts: Facts): readonly Import[] => {
  const draws = drawsOf(facts);
  return [
    [/\bargparse\./, "import argparse"], [/\bcsv\./, "import csv"], [/\bio\./, "import io"], [/\bjson\./, "import json"], [/\bmath\./, "import math"],
    [/\bos\./, "import os"], [/\bre\./, "import re"], [/\bsignal\./, "import signal"], [/\bsys\./, "import sys"], [/\btime\./, "import time"],
    [/\bzipfile\./, "import zipfile"], [/\bzlib\./, "import zlib"],
    [/\bPath\b/, "from pathlib import Path"], [/\bNoReturn\b/, "from typing import Any, NoReturn"],
    ...facts.parts.flatMap(({ module }) => module ?? []).sort().map((module) => [new RegExp(`\\b${module}\\.`), `import ${module}`] as const),
    [/\bnp\./, "import numpy as np"], [/\btorch\./, "import torch"], [/\bdist\./, "import torch.distributed as dist"],
    [/\binitialize\(/, "from initial import initialize"],
    [/\bModel\b/, `from model import ${modelNames(facts).join(", ")}`],
    ...(draws.length > 0 ? [[/(?:)/, `from philox import ${draws.join(", ")}`] as const] : []),
    [/\bsafe_open\b/, "from safetensors import SafetensorError, safe_open"], [/\bload_arrays\b/, "from safetensors.numpy import load_file as load_arrays"],
    [/\bsave_file\b/, "from safetensors.torch import save_file"], [/\bTensor\b/, "from torch import Tensor, nn"],
  ];
};

export interface PrintedScript {
  readonly text: string;
  /** Parts of philox.py that it imports. */
  readonly draws: readonly string[];
}

export const printScript = (script: Script): PrintedScript => {
  const facts = factsOf(script);
  const body = definitions(
    constants(facts), parseArguments(facts), STOP,
    facts.hasData && reading(facts),
    windowing(facts), computing(facts), processes(facts),
    records(facts), checkpoints(facts), PROGRESS,
    main(facts), ['if __name__ == "__main__":', "    sys.exit(main())"],
  );
  const doc = '"""Trains model.py: python train.py, or torchrun --nproc_per_node 2 train.py for two processes."""';
  return { text: layOutText(`${doc}\n\n${importLines(body, importsOf(facts)).join("\n\n")}\n\n${body}\n`), draws: drawsOf(facts) };
};
