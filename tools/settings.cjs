// Node-RED's settings in tests and in the demo: reads NODE_RED_SETTINGS (JSON), and reports events to the parent process by IPC.
const { inspect } = require("node:util");

// The instance of the Node-RED that loads this file.
const { events } = require(require.resolve("@node-red/util", { paths: [process.env.NODE_RED_HOME] }));

const levels = {
  10: "fatal",
  20: "error",
  30: "warn",
  40: "info",
  50: "debug",
  60: "trace",
  98: "audit",
  99: "metric",
};

function tell(message) {
  if (process.connected) process.send(message);
}

// Ends Node-RED if the parent dies, even if that happened before this line.
const end = () => process.kill(process.pid, "SIGTERM");
process.on("disconnect", end);
if (process.send !== undefined && !process.connected) end();

events.on("flows:started", () => tell({ event: "started" }));
events.on("runtime-event", ({ payload }) => {
  if (payload?.error === "missing-types") tell({ event: "missing", types: payload.types });
});

module.exports = {
  ...JSON.parse(process.env.NODE_RED_SETTINGS),
  logging: {
    console: { level: "off" },
    parent: {
      level: "debug",
      handler:
        () =>
        ({ level, type, id, name, msg }) => {
          const text = typeof msg === "string" ? msg : (msg?.message ?? inspect(msg));
          tell({
            event: "log",
            entry: { level: levels[level], type, id, name, text, detail: inspect(msg, { depth: 9 }) },
          });
        },
    },
  },
};
