// Preloaded into the scorecard: what it would look up on the internet, as it was when this was written.
const path = require("node:path");

const axios = require(require.resolve("axios", { paths: [path.dirname(process.argv[1])] }));

const answers = {
  // Other people's packages: similar names and the same types are what it looks for.
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
