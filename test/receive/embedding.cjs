// An application with an embedded Node-RED: starts it, stops it at the end of its input, and must then end by itself. Arguments: the folder
// of the package node-red, the user folder.
const http = require("node:http");

const [nodeRed, userDir] = process.argv.slice(2);
const RED = require(nodeRed);

async function main() {
  const server = http.createServer();
  RED.init(server, {
    userDir,
    flowFile: "flows.json",
    credentialSecret: false,
    uiHost: "127.0.0.1",
    uiPort: 0,
    telemetry: { enabled: false },
    logging: { console: { level: "warn" } },
  });
  server.on("request", RED.httpNode);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const started = new Promise((resolve) => RED.events.once("flows:started", resolve));
  await RED.start();
  await started;
  console.log("started");
  await new Promise((resolve) => process.stdin.once("end", resolve).resume());
  await RED.stop();
  await new Promise((resolve) => server.close(resolve));
  console.log("stopped");
}

main();
