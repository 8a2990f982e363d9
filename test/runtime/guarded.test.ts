// An error in a callback must not end Node-RED: tests the guard, and that every callback registered in nodes/ uses it.
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { guarded, reportUncaughtTo } from "../../nodes/util/guarded";
import { root } from "../../tools/hosts";

describe("a guarded callback", () => {
  const thrown = new Error("thrown");
  const fail = () => {
    throw thrown;
  };

  it("reports its exceptions, and rejections of its promise", async () => {
    const reported: unknown[] = [];
    const report = (error: unknown) => reported.push(error);
    guarded(fail, report)();
    guarded(async () => fail(), report)();
    await new Promise(setImmediate);
    assert.deepEqual(reported, [thrown, thrown]);
  });

  it("without a report function logs to every Node-RED, and throws nothing even if a log throws", async () => {
    const reported: unknown[] = [];
    const ends = [fail, (error: unknown) => reported.push(error), (error: unknown) => reported.push(error)].map(
      reportUncaughtTo,
    );
    guarded(fail)();
    ends.pop()?.();
    guarded(async () => fail())();
    await new Promise(setImmediate);
    for (const end of ends) end();
    assert.deepEqual(reported, [thrown, thrown, thrown]);
  });

  it("gets its arguments from an emitter and from a timer", async () => {
    const emitter = new EventEmitter();
    const heard: unknown[] = [];
    emitter.on(
      "it",
      guarded((...values: unknown[]) => heard.push(...values)),
    );
    emitter.emit("it", 1, "two");
    setTimeout(
      guarded((value: string) => emitter.emit("it", value)),
      0,
      "three",
    );
    await once(emitter, "it");
    assert.deepEqual(heard, [1, "two", "three"]);
  });
});

describe("callbacks that Node calls", () => {
  /** The registration of a callback with a timer, a task or an emitter. */
  const registration =
    /(?:\b(?:setTimeout|setInterval|setImmediate|queueMicrotask|nextTick)\(|\.(?:on|once|addListener|prependListener|prependOnceListener|addEventListener)\(\s*(?:"[\w:-]+"|event|signal),)\s*/g;

  /** Node-RED itself catches errors of these two events. */
  const ofNodeRed = /\b(?:node|this)\.on\(\s*"(?:input|close)",\s*$/;

  /** Callbacks that cannot throw: the functions of a promise, and an empty function. */
  const harmless = /^(?:reject|resolve|\(\) => undefined)\b/;

  /** The registrations of a source whose callback is neither guarded nor harmless, each with its line number. */
  function raw(source: string): readonly string[] {
    const found: string[] = [];
    for (const match of source.matchAll(registration)) {
      const end = match.index + match[0].length;
      const callback = source.slice(end, end + 200);
      const name = /^\w+/.exec(callback)?.[0] ?? "";
      const isGuarded = name === "guarded" || new RegExp(`const ${name}(?:: \\w+)? = guarded\\(`).test(source);
      if (isGuarded || harmless.test(callback) || ofNodeRed.test(source.slice(0, end))) continue;
      found.push(`${source.slice(0, match.index).split("\n").length}: ${match[0]}${callback.split("\n")[0]}`);
    }
    return found;
  }

  it("are all guarded in nodes/", () => {
    const folder = join(root, "nodes");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
      // The editor's script runs in a browser.
      (file) => file.endsWith(".ts") && !file.startsWith("editor"),
    );
    assert.ok(files.length > 50);
    assert.deepEqual(
      files.flatMap((file) => raw(readFileSync(join(folder, file), "utf8")).map((line) => `${file}:${line}`)),
      [],
    );
  });

  it("are found by the test if they are not", () => {
    for (const code of [
      "setTimeout(() => go(), 5)",
      "setInterval(go, 5)",
      "queueMicrotask(() => go())",
      `events.on("flows:started", () => go())`,
      `server.once(\n  "clientError",\n  go,\n)`,
      `signal.addEventListener("abort", go)`,
      "process.prependListener(signal, () => go())",
    ]) {
      assert.equal(raw(code).length, 1, code);
    }
    for (const code of [
      "setTimeout(guarded(() => go()), 5)",
      "const go = guarded(() => leave());\nsetTimeout(go, 5)",
      `node.on("input", (msg, send, done) => done())`,
      `server.on("error", guarded(go))`,
      `request.on("error", () => undefined)`,
      "await new Promise(setImmediate)",
    ]) {
      assert.deepEqual(raw(code), [], code);
    }
  });
});
