// Node-RED nodes of the bench: one keeps messages circulating through the nodes between its output and its input, one counts messages, one
// is a route that answers every request. Their results are read over the admin API. Plain JavaScript, because Node-RED loads it; minimal,
// because it runs in the measured process.

const v8 = require("node:v8");
const vm = require("node:vm");

v8.setFlagsFromString("--expose-gc");
const collect = vm.runInNewContext("gc");

/** The processor time that this process has used, in µs. */
function cpuUsed() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Memory in MB: resident, and on request the heap in use. The latter needs a garbage collection, which slows down what follows. */
function memory(collected) {
  const { rss } = process.memoryUsage();
  if (!collected) return { rss: rss / 2 ** 20 };
  collect();
  return { rss: rss / 2 ** 20, heap: process.memoryUsage().heapUsed / 2 ** 20 };
}

/** Generates the events of calls as sccc-notify outputs them. The number of open calls stays as high as it was at the start. */
function calls() {
  const steps = ["screenpop", "callstart", "callend", "billing"];
  let opened = 0;
  let oldest = 0;
  let step = 0;
  const told = (event, call) => {
    const number = `138${String(10_000_000 + call)}`;
    const common = { seq: String(call), userData: `order-${call}` };
    const fields =
      event === "billing"
        ? {
            caller: "02161234567",
            callee: number,
            service: "1",
            session: `session-${call}`,
            timeLength: "60",
            answered: true,
          }
        : { customer: "C2", agent: String(1000 + (call % 1000)), number, call_type: "1", direction: "outbound" };
    const eventId = `${event}-${call}`;
    const receivedAt = new Date().toISOString();
    return {
      topic: event,
      payload: { ...common, ...fields, event, eventId, numberE164: `+86${number}` },
      sccc: { push: { event, eventId, known: true, account: "bench", customer: "C2", receivedAt, delivery: 1 } },
    };
  };
  return {
    next: (opening) => {
      if (opening) return told("callout", opened++);
      if (step === steps.length) {
        step = 0;
        oldest += 1;
        return told("callout", opened++);
      }
      return told(steps[step++], oldest);
    },
  };
}

const isOnline = ({ payload }) => (payload.data?.response ?? payload).workStatus === "ONLINE";

/** What a pump sends, and the check of what returns. */
const sources = {
  plain: () => ({ next: () => ({ payload: { agent: "1000" } }) }),
  status: () => ({ next: () => ({ payload: { agent: "1000" } }), isRight: isOnline }),
  list: () => ({
    next: () => ({ payload: Array.from({ length: 100 }, (_, index) => ({ agent: String(1000 + index) })) }),
    isRight: ({ payload }) => payload.length === 100 && payload.every(({ workStatus }) => workStatus === "ONLINE"),
  }),
  records: () => {
    let key = 0;
    return {
      next: () => ({ payload: { startKey: key } }),
      isRight: ({ payload }) => {
        const last = Number(payload.at(-1)?.key);
        const right = payload.length === 500 && last === key + 500;
        key = last;
        return right;
      },
    };
  },
  calls,
};

module.exports = (RED) => {
  RED.nodes.registerType("bench-count", function (config) {
    RED.nodes.createNode(this, config);
    let messages = 0;
    this.on("input", (_msg, _send, done) => {
      messages += 1;
      done();
    });
    this.ask = async () => ({ messages, cpu: cpuUsed() });
  });

  RED.nodes.registerType("bench-route", function (config) {
    RED.nodes.createNode(this, config);
    let messages = 0;
    RED.httpNode.post(config.path, (_request, response) => {
      messages += 1;
      response.writeHead(200, { "Content-Type": "application/json", "Content-Length": 2 }).end("{}");
    });
    this.ask = async () => ({ messages, cpu: cpuUsed() });
  });

  RED.nodes.registerType("bench-pump", function (config) {
    RED.nodes.createNode(this, config);
    const { next, isRight = () => true } = sources[config.source]();
    let run;
    const begin = () => {
      run.begun += 1;
      this.send(next(run.opening));
    };
    this.on("input", (msg, _send, done) => {
      done();
      if (!isRight(msg))
        return run.end(new Error(`This should not come back: ${JSON.stringify(msg.payload)?.slice(0, 500)}`));
      run.ended += 1;
      if (run.begun < run.most && performance.now() < run.until) begin();
      else if (run.begun === run.ended) run.end();
    });
    this.ask = ({ inFlight, seconds, most, opening, collected }) =>
      new Promise((resolve, reject) => {
        const start = performance.now();
        const before = cpuUsed();
        const end = (error) => {
          if (error) return reject(error);
          const ms = performance.now() - start;
          const cpu = cpuUsed() - before;
          const count = run.ended;
          resolve({ count, perSecond: (count / ms) * 1000, cpu: cpu / count, ...memory(collected === "true") });
        };
        run = {
          begun: 0,
          ended: 0,
          until: start + seconds * 1000,
          most: Number(most),
          opening: opening === "true",
          end,
        };
        for (let i = 0; i < inFlight && run.begun < run.most; i += 1) begin();
      });
  });

  RED.httpAdmin.get("/bench/:id", (request, response) => {
    RED.nodes
      .getNode(request.params.id)
      .ask(request.query)
      .then((answer) => response.json(answer))
      .catch((error) => response.status(500).send(error.message));
  });
};
