#!/usr/bin/env node
await import("../dist/sequent.js");
