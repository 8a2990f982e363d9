// Records and CDRs: pages, filters, recordings.
import assert from "node:assert/strict";
import { ask, command, errorOf, have, type Json, nextSeq, withSimulator } from "./client";

const startTime = Date.parse("2026-11-23T12:00:00+08:00");

describe("the simulator's books", () => {
  const context = withSimulator({ startTime });
  const page = async (startKey: number | string) => {
    const { data } = await ask(context.simulator, "getRecordsList", { request: { seq: nextSeq(), startKey } });
    return (data?.record ?? []) as Record<string, string>[];
  };
  const cdrs = async (filter: Json = {}) => {
    const unset = {
      agent: [],
      serviceType: "",
      startTime: "",
      endTime: "",
      caller: "",
      callee: "",
      timeLengthMin: "",
      timeLengthMax: "",
    };
    const response = await command(context.simulator, "getCdrList", { ...unset, ...filter });
    assert.equal(response["total"], String((response["cdr"] as Json[]).length));
    return response["cdr"] as Record<string, string>[];
  };
  const seed = (records: number, cdrs = 0, every = 60) =>
    context.simulator.instruct({ do: "seed", records, cdrs, every });

  it("getRecordsList returns at most 500 records after the given key, and none at the end", async () => {
    await seed(1200);
    const sizes = [];
    let [key, last] = [0, -1];
    for (let records = await page(key); key !== last; records = await page(key)) {
      sizes.push(records.length);
      last = key;
      const keys = records.map((record) => Number(record["key"]));
      assert.ok(keys.every((one) => one > last));
      key = Math.max(key, ...keys);
    }
    assert.deepEqual(sizes, [500, 500, 200, 0]);
    assert.equal(key, 1200);
  });

  it("accept a start key as text, and one that does not exist", async () => {
    await seed(10);
    assert.deepEqual(
      (await page("7")).map((record) => record["key"]),
      ["8", "9", "10"],
    );
    assert.deepEqual(await page(10), []);
  });

  it("have a record of each answered call and a CDR of every call, with the same key", async () => {
    await command(context.simulator, "AgentLogin", { agent: "1000" });
    for (const [index, callee] of ["13800000000", "13800008888"].entries()) {
      await command(context.simulator, "CallNumber", { agent: "1000", callee });
      await context.receiver.until(have("billing", index + 1));
    }
    const [record, ...more] = await page(0);
    assert.deepEqual(more, []);
    const [missed, answered] = await cdrs();
    assert.deepEqual([missed?.["key"], answered?.["key"], record?.["key"]], ["1", "2", "2"]);
    const billing = context.receiver.pushes.findLast(({ notify }) => notify["type"] === "billing")?.notify ?? {};
    assert.deepEqual(record, {
      key: "2",
      caller: "02112345678",
      callee: "13800008888",
      filename: billing["recordFile"],
      type: "1",
      agent: "1000",
      startTime: String(Date.parse(`${String(billing["startTime"]).replace(" ", "T")}+08:00`) / 1000),
      duration: billing["timeLength"],
    });
    assert.deepEqual(answered, {
      key: "2",
      agent: "1000",
      serviceType: "1",
      answerTime: billing["answerTime"],
      caller: "02112345678",
      callee: "13800008888",
      timeLength: billing["timeLength"],
      fee: Number((Math.ceil(Number(billing["timeLength"]) / 60) * 0.06).toFixed(2)),
      releaseCause: "200",
      result: "1",
      filename: billing["recordFile"],
    });
    assert.deepEqual(
      ["answerTime", "timeLength", "fee", "releaseCause", "result", "filename"].map((name) => missed?.[name]),
      ["", "0", 0, "480", "2", ""],
    );
  });

  it("filter CDRs by every field of the request", async () => {
    await seed(0, 200);
    const all = await cdrs();
    assert.equal(all.length, 200);
    const expect = async (filter: Json, test: (cdr: Record<string, string>) => boolean) => {
      const expected = all.filter(test).map(({ key }) => key);
      assert.ok(expected.length > 0 && expected.length < all.length, `${JSON.stringify(filter)} shows nothing`);
      assert.deepEqual(
        (await cdrs(filter)).map(({ key }) => key),
        expected,
      );
    };
    await expect({ agent: ["1003", "1004"] }, ({ agent }) => agent === "1003" || agent === "1004");
    await expect({ callee: all[5]?.["callee"] }, ({ callee }) => callee === all[5]?.["callee"]);
    await expect({ timeLengthMin: "60" }, ({ timeLength }) => Number(timeLength) >= 60);
    await expect({ timeLengthMax: 59 }, ({ timeLength }) => Number(timeLength) <= 59);
    await expect(
      { timeLengthMin: "60", timeLengthMax: "90", agent: ["1003"] },
      ({ timeLength, agent }) => Number(timeLength) >= 60 && Number(timeLength) <= 90 && agent === "1003",
    );
    assert.deepEqual(await cdrs({ caller: "10086" }), []);
    assert.deepEqual(await cdrs({ serviceType: "2" }), []);
    assert.equal((await cdrs({ serviceType: "1", caller: "02112345678" })).length, 200);
  });

  it("mean today without times, and refuse a start or an end time alone", async () => {
    // One call per hour, the last one at noon: twelve or thirteen began today.
    await seed(0, 48, 3600);
    const { cdrs: entries } = context.simulator.state;
    const noon = startTime / 1000;
    const today = entries.filter(({ facts }) => facts.startAt >= noon - 12 * 3600).length;
    assert.equal((await cdrs()).length, today);
    assert.ok(today >= 12 && today <= 13);
    const span = { startTime: "2026-11-22 00:00:00", endTime: "2026-11-22 23:59:59" };
    assert.equal((await cdrs(span)).length, 24);
    const first = entries.find(({ facts }) => facts.startAt >= noon - 12 * 3600)?.facts.startAt ?? 0;
    const local = new Date((first + 8 * 3600) * 1000).toISOString().slice(0, 19).replace("T", " ");
    assert.equal((await cdrs({ startTime: local, endTime: local })).length, 1);
    for (const alone of ["startTime", "endTime"]) {
      const response = await command(context.simulator, "getCdrList", { [alone]: "2026-11-22 00:00:00" });
      assert.equal(errorOf(response), 0xf1000001);
    }
  });

  it("are generated the same each time, and keys continue after a reset", async () => {
    assert.deepEqual(await seed(3, 2), { ok: true, records: 3, cdrs: 2 });
    const before = await page(0);
    assert.equal(before.length, 3);
    await context.simulator.instruct({ do: "reset" });
    assert.deepEqual([await page(0), await cdrs()], [[], []]);
    await seed(1);
    assert.equal((await page(0))[0]?.["key"], "4");
  });

  it("page through a hundred thousand records as fast as through ten", async () => {
    await seed(100_000, 0, 1);
    const from = performance.now();
    assert.equal((await page(50_000))[0]?.["key"], "50001");
    assert.ok(performance.now() - from < 1000);
  });

  it("serve recordings as WAV files of the call's duration, without authentication", async () => {
    await seed(1);
    const [record] = await page(0);
    const { filename = "", duration = "" } = record ?? {};
    for (const path of [filename, `/${filename}`, `${filename}?x=1`, encodeURI(filename)]) {
      const response = await fetch(context.simulator.url + path);
      const bytes = Buffer.from(await response.arrayBuffer());
      assert.deepEqual([response.status, response.headers.get("content-type")], [200, "audio/wav"]);
      assert.equal(response.headers.get("content-length"), String(bytes.length));
      assert.equal(bytes.toString("latin1", 0, 4) + bytes.toString("latin1", 8, 16), "RIFFWAVEfmt ");
      assert.equal(bytes.readUInt32LE(4), bytes.length - 8);
      const [format, channels] = [bytes.readUInt16LE(20), bytes.readUInt16LE(22)];
      const [rate, byteRate, bits] = [bytes.readUInt32LE(24), bytes.readUInt32LE(28), bytes.readUInt16LE(34)];
      assert.deepEqual([format, channels, rate, byteRate, bits], [1, 1, 8000, 16_000, 16]);
      assert.equal(bytes.toString("latin1", 36, 40), "data");
      assert.equal(bytes.readUInt32LE(40), bytes.length - 44);
      assert.equal((bytes.length - 44) / byteRate, Number(duration));
      assert.ok(new Set(bytes.subarray(44)).size > 100, "it is silent");
    }
    const head = await fetch(context.simulator.url + filename, { method: "HEAD" });
    assert.deepEqual([head.status, head.headers.get("content-length")], [200, String(44 + 16_000 * Number(duration))]);
  });

  it("answer with a page that is not audio for an unknown recording", async () => {
    await seed(1);
    const [record] = await page(0);
    const filename = record?.["filename"] ?? "";
    for (const path of [
      "/",
      "/record/x.wav",
      filename.replace("2026", "2025"),
      filename.replace(/1\.wav/, "2.wav"),
      "/%zz",
    ]) {
      const response = await fetch(context.simulator.url + path);
      assert.deepEqual(
        [response.status, response.headers.get("content-type")],
        [404, "text/html; charset=utf-8"],
        path,
      );
      await response.text();
    }
  });
});
