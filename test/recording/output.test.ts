// Where a recording goes in its message, and that messages without a recording keep their call.
import assert from "node:assert/strict";
import { formatProblem } from "../../nodes/protocol/format";
import { temporaryFolder } from "../../tools/node-red";
import { initHelper, load, unload } from "../../tools/nodes";
import { type RawServer, serve, wavOf } from "./raw";

const wav = wavOf(1000);

describe("sccc-get-recording, in a message", function () {
  this.timeout(30_000);
  let server: RawServer;
  before(initHelper);
  beforeEach(async () => {
    server = await serve((_, response) => response.setHeader("Content-Type", "audio/wav").end(wav));
  });
  afterEach(async () => {
    await unload();
    server.close();
  });

  const call = () => ({ id: "1", agent: "1000", recordFile: "/r/1.wav", events: [{ at: 1 }] });

  for (const [output, at] of [
    ["recording", (msg: Record<string, unknown>) => msg.recording],
    ["payload.recording", (msg: Record<string, Record<string, unknown>>) => msg.payload?.recording],
    ["call.audio.data", (msg: Record<string, Record<string, Record<string, unknown>>>) => msg.call?.audio?.data],
    ["payload.events[0].audio", (msg: { payload: { events: { audio?: unknown }[] } }) => msg.payload.events[0]?.audio],
  ] as const) {
    it(`overwrote the call: now it puts the recording into msg.${output}`, async () => {
      const flow = await load(server, { type: "sccc-get-recording", output });
      const { msg, error } = await flow.send({ payload: call(), topic: "finished" });
      assert.equal(error, undefined);
      assert.ok(Buffer.isBuffer(at(msg)) && (at(msg) as Buffer).equals(wav));
      const { id, agent, recordFile } = msg.payload;
      assert.deepEqual(
        { id, agent, recordFile, topic: msg.topic },
        { id: "1", agent: "1000", recordFile: "/r/1.wav", topic: "finished" },
      );
    });
  }

  it("says where the node looked for a refused or missing filename", async () => {
    const flow = await load(server, { type: "sccc-get-recording" });
    for (const [payload, place] of [
      [{ filename: "../x.wav" }, "msg.payload.filename"],
      [{ recordFile: "http://elsewhere.example/x.wav" }, "msg.payload.recordFile"],
      [{}, "msg.payload.filename"],
    ] as const) {
      const { error } = await flow.send({ payload });
      assert.deepEqual([error.code, error.cause.origin.where], ["SCCC_INVALID_FIELD", place]);
    }
  });

  it("puts the recording into payload by default, as in older flows", async () => {
    for (const more of [{}, { output: "" }, { output: "payload" }]) {
      const flow = await load(server, { type: "sccc-get-recording", ...more });
      const { msg } = await flow.send({ payload: call() });
      assert.ok(Buffer.isBuffer(msg.payload));
      await unload();
    }
    await load(server, { type: "sccc-get-recording" });
  });

  it("puts the path of a file there too", async () => {
    const folder = temporaryFolder();
    const flow = await load(server, { type: "sccc-get-recording", to: "file", folder, output: "payload.file" });
    const { msg } = await flow.send({ payload: call() });
    assert.equal(msg.payload.file, `${folder}/1.wav`);
    assert.equal(msg.payload.agent, "1000");
  });

  it("fails if a part of the property's path is not an object", async () => {
    const flow = await load(server, { type: "sccc-get-recording", output: "payload.agent.audio" });
    const { msg, error } = await flow.send({ payload: call() });
    assert.equal(error?.code, "SCCC_INVALID_FIELD");
    assert.equal(msg.payload.agent, "1000");
  });

  it("accepts the same property names as Node-RED", async () => {
    for (const good of ["payload", "a.b", "a[0].b", "_a", "$a", "constructorName"]) {
      assert.equal(formatProblem("property", good), undefined, good);
    }
    for (const bad of [
      "msg.payload",
      "a..b",
      ".a",
      "a.",
      "a b",
      "a[",
      "a[x]",
      "__proto__.x",
      "a.constructor",
      "a.prototype.b",
      "1a",
    ]) {
      assert.equal(formatProblem("property", bad), "property", bad);
    }
    const flow = await load(server, { type: "sccc-get-recording", output: "a.__proto__.b" });
    assert.equal((await flow.send({ payload: call() })).error?.code, "SCCC_CONFIG");
  });

  it("says where the node looked for a refused name", async () => {
    const flow = await load(server, { type: "sccc-get-recording" });
    for (const [payload, where] of [
      [{ filename: "../x" }, "msg.payload.filename"],
      [{ recordFile: "../x" }, "msg.payload.recordFile"],
      [{ other: 1 }, "msg.payload.filename"],
    ] as const) {
      const { error } = await flow.send({ payload });
      assert.equal(error.cause.origin.where, where);
    }
    await unload();
    const wrong = await load(server, { type: "sccc-get-recording", filename: "$(", filenameType: "jsonata" });
    assert.equal((await wrong.send({})).error.cause.rule.key, "unreadable");
  });

  const nothing: readonly (readonly [string, object])[] = [
    ["a missed call", { id: "2", recordFile: null }],
    ["an empty name", { recordFile: "" }],
    ["white space", { filename: "  " }],
    ["no name at all", { id: "3" }],
    ["two empty names", { filename: "", recordFile: "" }],
  ];
  for (const [what, payload] of nothing) {
    it(`was an error for ${what}: with missing: pass the message is sent on unchanged`, async () => {
      const flow = await load(server, { type: "sccc-get-recording", missing: "pass", output: "recording" });
      const { msg, error } = await flow.send({ payload, sccc: { call: { id: "2" } } });
      assert.equal(error, undefined);
      assert.deepEqual(msg.payload, payload);
      assert.deepEqual(msg.sccc, { call: { id: "2" } });
      assert.ok(!("recording" in msg));
      assert.equal(server.asked.length, 0);
      assert.deepEqual(
        flow.statuses.map(({ text }) => text),
        ["status.noRecording"],
      );
    });

    it(`is an error for ${what} unless the node says otherwise`, async () => {
      const flow = await load(server, { type: "sccc-get-recording" });
      const { msg, error } = await flow.send({ payload });
      assert.equal(error?.code, "SCCC_INVALID_FIELD");
      assert.deepEqual(msg.payload, payload);
    });
  }

  it("refuses a hostile name also with missing: pass", async () => {
    const flow = await load(server, { type: "sccc-get-recording", missing: "pass" });
    for (const filename of ["//evil.example/x.wav", "../x.wav", 7, {}]) {
      assert.equal((await flow.send({ payload: { filename } })).error?.code, "SCCC_INVALID_FIELD");
    }
  });
});
