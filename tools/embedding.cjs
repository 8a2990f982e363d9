// An application with one or several embedded Node-REDs, each a copy of its own. When all have started, it prints their ports as JSON. At the end
// of its input it stops them, prints "stopped", and must then end by itself. Arguments, for each: the folder of the package node-red, the
// user folder.
const http = require("node:http");

async function start(nodeRed, userDir) {
  const RED = require(nodeRed);
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
  return { RED, server, port: server.address().port };
}

async function main() {
  const [...rest] = process.argv.slice(2);
  const running = [];
  while (rest.length > 0) running.push(await start(...rest.splice(0, 2)));
  console.log(JSON.stringify({ ports: running.map(({ port }) => port) }));
  await new Promise((resolve) => process.stdin.once("end", resolve).resume());
  for (const { RED, server } of running) {
    await RED.stop();
    await new Promise((resolve) => server.close(resolve));
  }
  console.log("stopped");
}

main();
