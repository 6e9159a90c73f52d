// Runs a TensorFlow.js graph model outside the browser, with the packages that the site ships, so that ml/release/export.py
// can compare its predictions with Keras'.
//
//   node ml/release/run_graph.mjs RELEASE_DIR IMAGES OUT NODE…
//
// IMAGES: uint8 bytes of n × 28 × 28 pixels. OUT: float32, little endian, n × 10 values of the first NODE, then of the next.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(new URL('../../frontend/package.json', import.meta.url));
const tf = require('@tensorflow/tfjs-core');
const { loadGraphModel } = require('@tensorflow/tfjs-converter');
const { setWasmPaths } = require('@tensorflow/tfjs-backend-wasm');

const [release, imagesFile, outFile, ...nodes] = process.argv.slice(2);
const BATCH = 500;

setWasmPaths(path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')) + '/dist/');
await tf.setBackend('wasm');

const { modelTopology, signature, weightsManifest } = JSON.parse(readFileSync(path.join(release, 'model.json'), 'utf8'));
const shards = weightsManifest.flatMap((group) => group.paths).map((name) => readFileSync(path.join(release, name)));
const weights = Buffer.concat(shards);
const model = await loadGraphModel({
  load: async () => ({
    modelTopology,
    signature,
    weightSpecs: weightsManifest.flatMap((group) => group.weights),
    weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength),
  }),
});

const images = readFileSync(imagesFile);
const count = images.length / 784;
const out = new Float32Array(nodes.length * count * 10);
for (let start = 0; start < count; start += BATCH) {
  const pixels = Float32Array.from(images.subarray(start * 784, (start + BATCH) * 784));
  const x = tf.tensor4d(pixels, [pixels.length / 784, 28, 28, 1]);
  const outputs = [model.execute(x, nodes)].flat();
  outputs.forEach((output, node) => out.set(output.dataSync(), (node * count + start) * 10));
  tf.dispose([x, ...outputs]);
}
writeFileSync(outFile, new Uint8Array(out.buffer));
