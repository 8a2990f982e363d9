// Preloaded into the scorecard: replaces its requests to the internet by recorded answers.
const path = require("node:path");

const axios = require(require.resolve("axios", { paths: [path.dirname(process.argv[1])] }));

const answers = {
  // Other packages: the scorecard looks for similar names and equal types.
  "https://catalogue.nodered.org/catalogue.json": {
    modules: [{ id: "node-red-contrib-example", types: ["example"] }],
  },
  "https://registry.npmjs.org/node-red": {
    "dist-tags": { latest: "5.0.7", maintenance: "4.1.15" },
    versions: { "5.0.7": { engines: { node: ">=22.9" } } },
  },
};

axios.get = async (url) => {
  if (answers[url] === undefined) throw new Error(`The scorecard asks for ${url}`);
  return { data: answers[url] };
};
