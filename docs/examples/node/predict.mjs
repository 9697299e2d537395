// Loads the network that a run of train.ipynb made, and compares what it says with what scikit-learn says.
//
//     node predict.mjs SERVER OWNER/LAB [OF]
//
// OF says of which run: latest, a version, a run's id, or best?metric=val_accuracy.
// Ends with 0 where they say the same, with 1 where they do not, and with 2 where there is nothing to compare.
import * as tf from "@tensorflow/tfjs";

const USAGE = "node predict.mjs SERVER OWNER/LAB [latest | 3 | RUN | 'best?metric=val_accuracy']";
const TOLERANCE = 1e-5;

/** The samples that a run kept, and the address of its model. */
async function outputs(server, lab, of) {
  const [which, query = ""] = of.split("?");
  const asked = new URL(`services/mlabs/assets/${lab}/${which}/model/samples.json?${query}`, server);
  const answer = await fetch(asked).catch((error) => {
    throw new Error(`${server} does not answer: ${error.cause?.message || error.message}`);
  });
  const body = await answer.json().catch(() => {
    throw new Error(`What answers at ${server} is not MLabs.`);
  });
  if (!answer.ok) throw new Error(body.error?.message ?? `${server} answers with ${answer.status}.`);
  // `latest` and `best` move on. This is the address of the run that answered: all else is asked of it.
  const fixed = new URL(answer.headers.get("Content-Location") ?? "", answer.url);
  return { samples: body, model: new URL("model.json", fixed).href };
}

async function main([server, lab, of = "latest"]) {
  if (!lab) throw new Error(`Usage: ${USAGE}`);
  if (!URL.canParse(server)) throw new Error(`${server} is not an address like https://labs.example.org.`);
  const { samples, model } = await outputs(server.replace(/\/*$/, "/"), lab, of);
  // Without its advice to install tfjs-node.
  tf.enableProdMode();
  const network = await tf.loadLayersModel(model);
  const said = await network.predict(tf.tensor2d(samples.map((sample) => sample.pixels))).array();

  console.log(model);
  console.log("\ndigit  here  scikit-learn  difference");
  const differences = said.map((probabilities, n) => {
    const { digit, probabilities: expected } = samples[n];
    const difference = Math.max(...probabilities.map((value, k) => Math.abs(value - expected[k])));
    const [here, there] = [probabilities, expected].map(likeliest);
    console.log(`${digit}      ${here}     ${there}             ${difference.toExponential(1)}`);
    return here === there ? difference : 1;
  });
  const agree = differences.filter((difference) => difference < 1).length;
  const largest = Math.max(...differences);
  console.log(`\n${agree} of ${samples.length} agree; the largest difference is ${largest.toExponential(1)}.`);
  return largest <= TOLERANCE ? 0 : 1;
}

function likeliest(probabilities) {
  return probabilities.indexOf(Math.max(...probabilities));
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
