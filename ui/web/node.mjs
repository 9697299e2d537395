// How what runs on Node.js itself is bundled: the checks of models, the referee and the volunteers of the pool.
export const forNode = {
  bundle: true,
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
  platform: "node",
  format: "esm",
  mainFields: ["module", "main"],
  // There is no canvas: it is never asked for.
  external: ["@tensorflow/tfjs-backend-webgl"],
  loader: { ".wasm": "file" },
  assetNames: "[name]-[hash]",
  // TensorFlow.js asks for Node.js' own modules, and for where it is, in the old way.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url), __dirname = import.meta.dirname;',
  },
};
