// Node-RED's settings in tests and in the demo: those of NODE_RED_SETTINGS (JSON), and the parent process hears by IPC what happens.
const { inspect } = require("node:util");

// Node-RED's own instance, whichever Node-RED runs us.
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

// Nobody is left behind when the parent dies without a word, be it before this line.
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
