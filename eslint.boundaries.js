// A local rule: packages may import only what the table says, and only by package name.
import path from "node:path";

export const boundariesPlugin = (root, may) => ({
  rules: {
    deps: {
      meta: {
        type: "problem",
        schema: [],
        messages: {
          no: "@sequent/{{from}} may not import @sequent/{{to}} (packages.table.js)",
          rel: "relative import leaves the package",
        },
      },
      create(context) {
        const home = path.join(root, "packages");
        const from = path.relative(home, context.filename).split(path.sep)[0];
        const check = (node) => {
          const name = node?.value;
          if (typeof name !== "string") return;
          const to = /^@sequent\/([^/]+)/.exec(name)?.[1];
          if (to !== undefined && to !== from && !(may[from] ?? []).includes(to)) {
            context.report({ node, messageId: "no", data: { from, to } });
          }
          const target = path.resolve(path.dirname(context.filename), name);
          if (name.startsWith(".") && !target.startsWith(path.join(home, from) + path.sep)) {
            context.report({ node, messageId: "rel" });
          }
        };
        return {
          ImportDeclaration: (n) => check(n.source),
          ExportAllDeclaration: (n) => check(n.source),
          ExportNamedDeclaration: (n) => check(n.source),
          ImportExpression: (n) => check(n.source),
          TSImportType: (n) => check(n.source ?? n.argument?.literal),
        };
      },
    },
  },
});
