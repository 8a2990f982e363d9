// The robots of the tests refuse what the documentation says. Otherwise the examples' tests would prove nothing.
import { strict as assert } from "node:assert";
import { createHmac } from "node:crypto";
import { Robot, type RobotName, robotNames, rules, secrets } from "./robots";

const start = Date.UTC(2026, 2, 1, 2);

/** A message in the documented form. Another `secret` or `at` makes it wrong. */
function messageTo(name: RobotName, text: string, secret: string = secrets[name], at = start) {
  const url = new URL(rules[name].path, "http://127.0.0.1");
  const body: Record<string, unknown> =
    name === "feishu" ? { msg_type: "text", content: { text } } : { msgtype: "text", text: { content: text } };
  if (name === "wecom") url.searchParams.set("key", secret);
  if (name === "dingtalk") {
    url.searchParams.set("timestamp", String(at));
    url.searchParams.set("sign", createHmac("sha256", secret).update(`${at}\n${secret}`).digest("base64"));
  }
  if (name === "feishu") {
    const timestamp = String(Math.floor(at / 1000));
    Object.assign(body, {
      timestamp,
      sign: createHmac("sha256", `${timestamp}\n${secret}`).update("").digest("base64"),
    });
  }
  return { method: "POST", url, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** The documented codes. */
const codes = {
  wecom: { forged: 93000, long: 40058, fast: 45009, most: 2048, perMinute: 20 },
  dingtalk: { forged: 310000, long: 460101, fast: 130101, most: 19_900, perMinute: 20 },
  feishu: { forged: 19021, long: 9499, fast: 11232, most: 20_000, perMinute: 5 },
} as const;

const hour = 3_600_000;

for (const name of robotNames) {
  const { forged, long, fast, most, perMinute } = codes[name];

  describe(`the robot of ${name}`, () => {
    let now = start;
    let robot: Robot;
    const code = (...message: Parameters<typeof messageTo>): unknown => {
      const { status, body } = robot.receive(messageTo(...message));
      assert.equal(status, 200);
      const { errcode, code } = body as Readonly<Record<string, unknown>>;
      return errcode ?? code;
    };
    beforeEach(() => {
      now = start;
      robot = new Robot(name, () => now);
    });

    it("accepts messages that are signed and short enough", () => {
      assert.equal(code(name, "你好"), 0);
      assert.equal(code(name, "x".repeat(most)), 0);
      assert.deepEqual(
        robot.texts.map(({ length }) => length),
        [2, most],
      );
    });

    it("refuses a wrong secret, and messages with too many bytes", () => {
      assert.equal(code(name, "x", "guessed"), forged);
      assert.equal(code(name, "长".repeat(Math.ceil((most + 600) / 3))), long);
      assert.deepEqual(robot.texts, []);
    });

    it("refuses bodies that are not messages", () => {
      code(name, "");
      robot.receive({ ...messageTo(name, "x"), body: "no JSON" });
      robot.receive({ ...messageTo(name, "x"), method: "GET" });
      assert.deepEqual([robot.texts, robot.refused.length], [[], 3]);
    });

    it("refuses more messages than it takes", () => {
      for (let index = 0; index < perMinute; index += 1) assert.equal(code(name, "x"), 0);
      assert.equal(code(name, "x"), fast);
      now += 60_001;
      // DingTalk then refuses everything for ten minutes.
      assert.equal(code(name, "x"), name === "dingtalk" ? fast : 0);
      now += 600_000;
      assert.equal(code(name, "x"), 0);
    });

    if (name !== "wecom") {
      it("refuses a signature that is older than an hour", () => {
        assert.equal(code(name, "x", secrets[name], start - hour - 1000), forged);
        assert.equal(code(name, "x", secrets[name], start - hour + 1000), 0);
      });
    }
  });
}
